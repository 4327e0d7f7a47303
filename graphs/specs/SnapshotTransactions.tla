----------------------------------- MODULE SnapshotTransactions ------------------------------------
(**************************************************************************************************)
(* Multi-document transactions as MongoDB runs them: snapshot isolation.                          *)
(*                                                                                                *)
(* THE SYSTEM.  A few transactions read and write the same few documents.  Nobody waits for       *)
(* anybody: a transaction works on a private view of the database, and what it writes becomes     *)
(* visible to others all at once, when it commits.  Three rules make the isolation.               *)
(*                                                                                                *)
(*   1. Reads come from a snapshot.  The snapshot is everything that was committed at one moment; *)
(*      the transaction's own writes are laid over it.  What others commit later does not show.   *)
(*   2. The first updater wins.  To write a document that another open transaction has written    *)
(*      fails at once: error 112, WriteConflict.  The transaction that is refused is over; all    *)
(*      it did is undone.                                                                         *)
(*   3. So does writing a document that somebody else has committed since the snapshot was        *)
(*      taken.  Rules 2 and 3 together are known as "first committer wins".                       *)
(*                                                                                                *)
(* WHEN THE SNAPSHOT IS TAKEN.  Not when the transaction begins!  A driver's start_transaction    *)
(* sends nothing.  The server hears of a transaction with its first operation, and takes the      *)
(* snapshot then.  Hence in                                                                       *)
(*                                                                                                *)
(*     transaction 1   Begin                              Read "x"                                *)
(*     transaction 2           Begin   Write "x"   Commit                                         *)
(*                                                                                                *)
(* the read sees the write.  Whoever models Begin as the moment of the snapshot predicts          *)
(* otherwise, and is wrong about each behavior of this shape.                                     *)
(*                                                                                                *)
(* WHAT IS BEING WRITTEN.  A document is a list, initially empty, and a write appends the         *)
(* writer's number.  So a list tells who has written it, in which order, and a reader can tell    *)
(* from what it was given which writes it was shown.  An update that gets lost is a number that   *)
(* is missing.  (Testers of databases call this workload "list append".)                          *)
(*                                                                                                *)
(* WHAT SNAPSHOT ISOLATION IS NOT.  It is not serializability.  Rules 2 and 3 look at writes      *)
(* only, so when two transactions each read what the other one writes, both commit, and each has  *)
(* missed the other's write.  This is "write skew": see NoWriteSkew, which TLC refutes, and the   *)
(* server as well.  A test which expects MongoDB to prevent it would be wrong.                    *)
(*                                                                                                *)
(* THE BUG.  With AllowLostUpdate = TRUE the server does not look for conflicts.  Two             *)
(* transactions that append to one list both succeed, and the second commit overwrites the first. *)
(* The behaviors with an Overwrite in them are impossible on a real server: a test takes it up to *)
(* there, performs the write, and must see it refused.                                            *)
(*                                                                                                *)
(* LEFT OUT.  Writes outside of transactions: they do not fail when they meet one, but wait for   *)
(* it to end, which is no step of its own.  Deletions and insertions, several statements in one   *)
(* message, transactions that time out, and crashes of the server.                                *)
(*                                                                                                *)
(* NUMBERS, by TLC:                                                                               *)
(*                                                                                                *)
(*     transactions.cfg               2 transactions, 2 operations     4,357 states               *)
(*     transactions-history.cfg       2 transactions, 1 operation        231 states               *)
(*     transactions3.cfg              3 transactions, 1 operation      8,108 states               *)
(*     transactions-lost-update.cfg   2 transactions, 2 operations     6,017 states               *)
(**************************************************************************************************)

EXTENDS Integers, Sequences

CONSTANTS
    Transactions,     \* How many transactions there are; they are called 1, 2, and so on.
    Key,              \* The keys of the documents.  All exist from the outset.
    MaxOperations,    \* How many reads and writes a transaction performs at most.
    AllowLostUpdate   \* FALSE is the real server.  TRUE is one that does not detect conflicts.

ASSUME
    /\ Transactions \in Nat \ {0}
    /\ MaxOperations \in Nat \ {0}
    /\ AllowLostUpdate \in BOOLEAN

Transaction == 1..Transactions

(**************************************************************************************************)
(* VARIABLES                                                                                      *)
(*                                                                                                *)
(* What the live system shows:                                                                    *)
(*                                                                                                *)
(*   docs    docs[k]: the list that a read outside of any transaction finds under key k, at any   *)
(*           moment.  That read sees what has been committed and nothing else.                    *)
(*   log     log[t]: the operations of transaction t, each with the server's reply to it.         *)
(*   status  status[t]: what has become of transaction t, "idle" before it begins.                *)
(*                                                                                                *)
(* Bookkeeping, which happens inside the server or only in our minds:                             *)
(*                                                                                                *)
(*   view        view[t]: the lists as transaction t sees them.  A copy of docs, taken at the     *)
(*               transaction's first operation, and its own writes since.                         *)
(*   commits     The transactions that have committed, in that order.                             *)
(*   snapshotAt  snapshotAt[t]: how many had committed when t took its snapshot.                  *)
(*                                                                                                *)
(* The actions work with view only.  The last two record history for the sake of the invariants,  *)
(* which thus say the same thing in another way.                                                  *)
(*                                                                                                *)
(* WHO DID WHAT can be told from two successive states: in Begin, Commit and Abort one entry of   *)
(* status changes, in all other actions one log grows, and its new entry names operation and key. *)
(**************************************************************************************************)
VARIABLES docs, log, status, view, commits, snapshotAt

vars == <<docs, log, status, view, commits, snapshotAt>>

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* LOOKING AROUND                                                                                 *)
(**************************************************************************************************)

\* The entry of snapshotAt before there is a snapshot.
NotTaken == -1

\* The lists as transaction t will find them in its next operation.
View(t) == IF snapshotAt[t] = NotTaken THEN docs ELSE view[t]

\* Has transaction t written the document of key k, as far as it knows with success?
Wrote(t, k) ==
    \E i \in DOMAIN log[t] : log[t][i].op \in {"write", "overwrite"} /\ log[t][i].key = k

\* Would a write of t to k break rule 2 or 3?  Each write makes another list, so the committed one
\* differs from the one in t's view exactly if somebody has committed a write since.  (This is asked
\* only of documents that t has not written itself.)
Conflict(t, k) ==
    \/ \E u \in Transaction : u # t /\ status[u] = "open" /\ Wrote(u, k)
    \/ docs[k] # View(t)[k]

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* ACTIONS                                                                                        *)
(*                                                                                                *)
(* Nothing distinguishes the transactions but their numbers, so they begin in ascending order.    *)
(* Any other order would show the same things under other names.                                  *)
(**************************************************************************************************)

Init ==
    /\ docs       = [k \in Key |-> <<>>]
    /\ log        = [t \in Transaction |-> <<>>]
    /\ status     = [t \in Transaction |-> "idle"]
    /\ view       = [t \in Transaction |-> [k \in Key |-> <<>>]]
    /\ commits    = <<>>
    /\ snapshotAt = [t \in Transaction |-> NotTaken]

\* On the driver: start_session and start_transaction.  The server is not told.
Begin(t) ==
    /\ status[t] = "idle"
    /\ \A u \in Transaction : u < t => status[u] # "idle"
    /\ status' = [status EXCEPT ![t] = "open"]
    /\ UNCHANGED <<docs, log, view, commits, snapshotAt>>

MayOperate(t) ==
    /\ status[t] = "open"
    /\ Len(log[t]) < MaxOperations

\* Transaction t performs an operation and is told the reply.  If it is the first one, the snapshot
\* is taken now.  Afterwards t sees the lists as in seen.
Operate(t, entry, seen) ==
    /\ log'        = [log  EXCEPT ![t] = Append(@, entry)]
    /\ view'       = [view EXCEPT ![t] = seen]
    /\ snapshotAt' = [snapshotAt EXCEPT ![t] = IF @ = NotTaken THEN Len(commits) ELSE @]
    /\ UNCHANGED <<docs, commits>>

\* On the server: find, in the transaction.  The reply is the list.
Read(t, k) ==
    /\ MayOperate(t)
    /\ Operate(t, [op |-> "read", key |-> k, value |-> View(t)[k]], View(t))
    /\ UNCHANGED status

\* What a write does that is let through.  A transaction writes a document once: a second time would
\* meet nobody else than the first time.
Put(t, k, op) ==
    LET list == Append(View(t)[k], t) IN
    /\ Operate(t, [op |-> op, key |-> k, value |-> list], [View(t) EXCEPT ![k] = list])
    /\ UNCHANGED status

\* On the server: findAndModify with $push, in the transaction.  The reply is the list as it has
\* become, in the eyes of this transaction.
Write(t, k) ==
    /\ MayOperate(t)
    /\ ~Wrote(t, k)
    /\ ~Conflict(t, k)
    /\ Put(t, k, "write")

\* The same command, but it meets a conflict.  The reply is error 112, and the transaction is over:
\* the server has aborted it.
WriteConflict(t, k) ==
    /\ ~AllowLostUpdate
    /\ MayOperate(t)
    /\ ~Wrote(t, k)
    /\ Conflict(t, k)
    /\ Operate(t, [op |-> "conflict", key |-> k], View(t))
    /\ status' = [status EXCEPT ![t] = "aborted"]

\* The bug, which takes the place of WriteConflict: the write is let through all the same.
Overwrite(t, k) ==
    /\ AllowLostUpdate
    /\ MayOperate(t)
    /\ ~Wrote(t, k)
    /\ Conflict(t, k)
    /\ Put(t, k, "overwrite")

\* A transaction does something before it ends.  (Else the server would never hear of it.)
MayEnd(t) ==
    /\ status[t] = "open"
    /\ log[t] # <<>>

\* On the server: commitTransaction.  The lists that t has written replace those that are there.
Commit(t) ==
    /\ MayEnd(t)
    /\ docs'    = [k \in Key |-> IF Wrote(t, k) THEN view[t][k] ELSE docs[k]]
    /\ status'  = [status EXCEPT ![t] = "committed"]
    /\ commits' = Append(commits, t)
    /\ UNCHANGED <<log, view, snapshotAt>>

\* On the server: abortTransaction.  One that has only read has nothing to take back, and commits.
Abort(t) ==
    /\ MayEnd(t)
    /\ \E k \in Key : Wrote(t, k)
    /\ status' = [status EXCEPT ![t] = "aborted"]
    /\ UNCHANGED <<docs, log, view, commits, snapshotAt>>

Next ==
    \/ \E t \in Transaction            : Begin(t)
    \/ \E t \in Transaction, k \in Key : Read(t, k)
    \/ \E t \in Transaction, k \in Key : Write(t, k)
    \/ \E t \in Transaction, k \in Key : WriteConflict(t, k)
    \/ \E t \in Transaction, k \in Key : Overwrite(t, k)
    \/ \E t \in Transaction            : Commit(t)
    \/ \E t \in Transaction            : Abort(t)

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* INVARIANTS                                                                                     *)
(**************************************************************************************************)

List == Seq(Transaction)

Entry ==
    [op : {"read", "write", "overwrite"}, key : Key, value : List] \cup
    [op : {"conflict"},                   key : Key              ]

TypeOK ==
    /\ DOMAIN docs = Key               /\ \A k \in Key : docs[k] \in List
    /\ DOMAIN log  = Transaction       /\ \A t \in Transaction : log[t] \in Seq(Entry)
    /\ DOMAIN view = Transaction       /\ \A t \in Transaction, k \in Key : view[t][k] \in List
    /\ status     \in [Transaction -> {"idle", "open", "committed", "aborted"}]
    /\ commits    \in List
    /\ snapshotAt \in [Transaction -> NotTaken..Transactions]

\* Of the transactions in a sequence, those that wrote k.  Were they to run one after the other in
\* this order, this would be the list that they leave behind.
Writers(k, sequence) == LET HasWritten(t) == Wrote(t, k) IN SelectSeq(sequence, HasWritten)

\* The list of key k in the snapshot of t.
Snapshot(t, k) == Writers(k, SubSeq(commits, 1, snapshotAt[t]))

\* What t had added to that list itself after its first n operations.
Own(t, k, n) ==
    IF \E i \in 1..n : log[t][i].op \in {"write", "overwrite"} /\ log[t][i].key = k
    THEN <<t>> ELSE <<>>

\* Rule 1: a reply holds the snapshot and what the transaction has written itself.  In particular
\* nobody sees what has not been committed, and two reads of a document do not differ.
ReadsFromSnapshot ==
    \A t \in Transaction : \A i \in DOMAIN log[t] :
        LET entry == log[t][i] IN
        entry.op # "conflict" => entry.value = Snapshot(t, entry.key) \o Own(t, entry.key, i)

\* Rule 2: among open transactions, a document has one writer.
FirstUpdaterWins ==
    \A t, u \in Transaction : \A k \in Key :
        (t # u /\ status[t] = "open" /\ status[u] = "open") => ~(Wrote(t, k) /\ Wrote(u, k))

\* The place of t among the commits.
CommittedAt(t) == CHOOSE i \in DOMAIN commits : commits[i] = t

\* Did t and u, both committed, overlap?  Neither finds the other's commit in its snapshot.
Overlap(t, u) == CommittedAt(t) > snapshotAt[u] /\ CommittedAt(u) > snapshotAt[t]

AreCommitted(t, u) == t # u /\ status[t] = "committed" /\ status[u] = "committed"

\* Rule 3, and 2: of transactions that overlap, one at most has written a given document.
FirstCommitterWins ==
    \A t, u \in Transaction : \A k \in Key :
        (AreCommitted(t, u) /\ Overlap(t, u)) => ~(Wrote(t, k) /\ Wrote(u, k))

\* Why one wants that: whatever was committed is there, and remains.
NoLostUpdate ==
    \A t \in Transaction : \A k \in Key :
        (status[t] = "committed" /\ Wrote(t, k)) => \E i \in DOMAIN docs[k] : docs[k][i] = t

\* The documents are those that the committed transactions would have left behind, one after the
\* other in the order of commits.  Those that are open or aborted have left nothing.
CommitsExplainDocuments == \A k \in Key : docs[k] = Writers(k, commits)

\* No transaction is refused without a cause: there is another writer of that document, and it was
\* still busy when the snapshot was taken.
ConflictsHaveCause ==
    \A t \in Transaction : \A i \in DOMAIN log[t] :
        log[t][i].op = "conflict" =>
            \E u \in Transaction :
                /\ u # t
                /\ Wrote(u, log[t][i].key)
                /\ status[u] = "committed" => CommittedAt(u) > snapshotAt[t]

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* WHAT DOES NOT HOLD                                                                             *)
(*                                                                                                *)
(* Write skew: two transactions overlap, t reads k, which u writes, and u reads j, which t        *)
(* writes.  Both commit, for they write different documents.  Yet whichever came first, the other *)
(* one ought to have seen its write.  The classic: of two doctors on call one may go home; each   *)
(* looks whether the other one stays, both see so, and both go.                                   *)
(*                                                                                                *)
(* TLC finds it (transactions-skew-check.cfg), and it happens on a real server.                   *)
(**************************************************************************************************)

DidRead(t, k) == \E i \in DOMAIN log[t] : log[t][i].op = "read" /\ log[t][i].key = k

NoWriteSkew ==
    \A t, u \in Transaction : \A j, k \in Key :
        (AreCommitted(t, u) /\ Overlap(t, u)) =>
            ~(DidRead(t, k) /\ Wrote(u, k) /\ DidRead(u, j) /\ Wrote(t, j))

\* All orders in which the committed transactions might have run, one after the other.
Orders ==
    {order \in [DOMAIN commits -> {commits[i] : i \in DOMAIN commits}] :
        \A i, j \in DOMAIN commits : order[i] = order[j] => i = j}

\* Would each of them have been given the same replies?
ExplainsReplies(order) ==
    \A n \in DOMAIN order :
        LET t == order[n] IN
        \A i \in DOMAIN log[t] :
            LET k == log[t][i].key IN
            log[t][i].value = Writers(k, SubSeq(order, 1, n - 1)) \o Own(t, k, i)

Serializable == \E order \in Orders : ExplainsReplies(order)

\* With two transactions, write skew is the only thing that keeps them from being serializable.
\* This is an invariant.  (Not with three or more, where it may take a longer circle of readers.)
OnlySkewIsUnserializable == NoWriteSkew <=> Serializable

====================================================================================================
