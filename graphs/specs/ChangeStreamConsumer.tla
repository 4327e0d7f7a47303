----------------------------------- MODULE ChangeStreamConsumer ------------------------------------
(**************************************************************************************************)
(* A consumer that follows a MongoDB change stream, crashes, and takes up where it left off.      *)
(*                                                                                                *)
(* THE SYSTEM.  Writers insert, update, replace and delete the documents of a collection, some of *)
(* the time in a transaction.  From every change the database makes an event.  A change stream is *)
(* a cursor over the events of a collection, in the order in which the changes took effect.  Our  *)
(* consumer reads such a stream and repeats all changes on a copy of its own, the replica.        *)
(*                                                                                                *)
(* TOKENS.  Each event carries a resume token.  A consumer that has written the token of the last *)
(* event it dealt with to a safe place may crash: it opens a new stream with that token, and gets *)
(* exactly the events that follow.  There is a token before the first event as well; the server   *)
(* sends it when the stream is opened.  In this module the token of the n-th event is n, and the  *)
(* one before the first event is 0.                                                               *)
(*                                                                                                *)
(* TIME.  Each event also tells its cluster time, and that is not as fine: the events of a        *)
(* transaction all have the time of its commit.  Among them the token alone tells the order,      *)
(* which is that of the statements in the transaction.                                            *)
(*                                                                                                *)
(* AT LEAST ONCE.  Applying an event and saving its token are two steps, and a crash may fall     *)
(* between them.  There is a choice of which comes first:                                         *)
(*                                                                                                *)
(*     apply, then save   A crash in between: the event is delivered again.                       *)
(*     save, then apply   A crash in between: the event is lost, and nobody will notice.          *)
(*                                                                                                *)
(* So a consumer applies first, and prepares for events that it knows already.  Ours keeps with   *)
(* each document of its replica the token of the event that changed it last, and skips an event   *)
(* whose token is not greater.                                                                    *)
(*                                                                                                *)
(* THE BUGS are in the consumer, not in the database:                                             *)
(*                                                                                                *)
(*     TokenFirst = TRUE         saves before it applies, and loses an event in a crash.          *)
(*     Deduplicate = "never"     applies again what is delivered again, so that the replica goes  *)
(*                               back in time, until it has caught up once more.                  *)
(*     Deduplicate = "by time"   compares cluster times instead of tokens.  It is tempting, and   *)
(*                               it skips all but the first of the changes that a transaction     *)
(*                               makes to one document.  No crash is needed for that.             *)
(*                                                                                                *)
(* DROPPED COLLECTIONS.  When the collection is dropped, its streams deliver a drop event, then   *)
(* an invalidate event, and end.  If the collection is created anew, a new stream can go on after *)
(* the invalidate event, and here the two ways of opening it differ: startAfter takes the token   *)
(* of an invalidate event, resumeAfter refuses it with error 260.                                 *)
(*                                                                                                *)
(* LEFT OUT.  Failures of the server and of the network; pipelines that filter events; renaming;  *)
(* several transactions at a time, which SnapshotTransactions is about; an oplog so short that a  *)
(* token has gone out of it.  Images of the documents from before and after a change are not in   *)
(* the events either, but follow from them: see After.                                            *)
(*                                                                                                *)
(* NUMBERS, by TLC:                                                                               *)
(*                                                                                                *)
(*     consumer.cfg               3 writes                              12,440 states             *)
(*     consumer-small.cfg         2 writes                                 731 states             *)
(*     consumer-images.cfg        3 writes to one document, no crash       805 states             *)
(*     consumer-early-token.cfg   2 writes, the token is saved first       478 states             *)
(**************************************************************************************************)

EXTENDS Integers, Sequences, TLC

CONSTANTS
    Documents,    \* How many documents there may be; their ids are 1, 2, and so on.
    MaxWrites,    \* How many writes are performed in all, those in transactions included.
    MaxCrashes,   \* How often the consumer crashes.
    TokenFirst,   \* Does the consumer save an event's token before it applies the event?
    Deduplicate   \* How does it recognize an event that it has applied already?

ASSUME
    /\ Documents \in Nat \ {0}
    /\ MaxWrites \in Nat
    /\ MaxCrashes \in Nat
    /\ TokenFirst \in BOOLEAN
    /\ Deduplicate \in {"by token", "by time", "never"}

Document == 1..Documents

(**************************************************************************************************)
(* VARIABLES                                                                                      *)
(*                                                                                                *)
(* What the live system shows:                                                                    *)
(*                                                                                                *)
(*   docs      docs[d]: document d in the collection, as anybody may read it.                     *)
(*   events    All events so far, with their cluster times.  A second stream shows them, one that *)
(*             is never interrupted (but by an invalidate event, after which it is opened again). *)
(*   sessions  For each stream the consumer has opened, after which token, and the tokens of the  *)
(*             events that it was delivered.                                                      *)
(*   mode      What the consumer is up to:                                                        *)
(*                "streaming"    it has an open stream                                            *)
(*                "invalidated"  the server has ended the stream, after an invalidate event       *)
(*                "down"         it has crashed                                                   *)
(*                "refused"      it was not allowed to resume: error 260                          *)
(*   replica   replica[d]: document d in the consumer's copy, and in `at` the token of the event  *)
(*             that changed it last.                                                              *)
(*   saved     The token that the consumer has in a safe place.                                   *)
(*                                                                                                *)
(* Bookkeeping:                                                                                   *)
(*                                                                                                *)
(*   txn       The statements of the open transaction, which nobody else can see; <<>> if none is *)
(*             open.                                                                              *)
(*   began     How many events there were when its first statement was performed.                 *)
(*   written   How many writes have been performed, those of aborted transactions included.       *)
(*   inHand    The token of an event that is saved and yet to be applied; 0 if there is none.     *)
(*   applied   The tokens of the events that were applied to the replica, in that order.          *)
(*   crashes   How often the consumer has crashed.                                                *)
(*                                                                                                *)
(* The replica and the safe place may be other collections on the same server: what matters is    *)
(* that they survive a crash of the consumer.                                                     *)
(*                                                                                                *)
(* WHO DID WHAT can be told from two successive states.  A write is the new entry of events or    *)
(* that of txn, and names document and values; the consumer's actions have no parameters.         *)
(**************************************************************************************************)
VARIABLES
    docs, events, sessions, mode, replica, saved,
    txn, began, written, inHand, applied, crashes

collection == <<docs, events>>
writers    == <<txn, began, written>>
progress   == <<replica, applied, inHand, saved>>
vars       == <<collection, writers, progress, sessions, mode, crashes>>

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* DOCUMENTS AND CHANGES                                                                          *)
(*                                                                                                *)
(* A document has two fields.  The n-th write of a behavior writes the number n: an insert or a   *)
(* replace into both fields, an update into v alone.  So base tells which write the document      *)
(* stems from, and v the last one.  An event says no more than the statement did.  That of an     *)
(* update holds only v, so its effect depends on the document that it meets, and who has missed   *)
(* the insert cannot make up for it.                                                              *)
(**************************************************************************************************)

\* What stands for a document that is not there.
Absent == [base |-> 0, v |-> 0]

Change(op, d, n) ==
    CASE op \in {"insert", "replace"} -> [op |-> op, id |-> d, base |-> n, v |-> n]
      [] op = "update"                -> [op |-> op, id |-> d, v |-> n]
      [] op = "delete"                -> [op |-> op, id |-> d]

\* What becomes of a document.  An update that finds none has no effect, as in the database.
After(doc, change) ==
    CASE change.op \in {"insert", "replace"} -> [base |-> change.base, v |-> change.v]
      [] change.op = "update"                -> IF doc = Absent THEN Absent
                                                                ELSE [doc EXCEPT !.v = change.v]
      [] change.op \in {"delete", "drop"}    -> Absent

\* The documents that a change is about.
Affected(change) ==
    CASE change.op = "drop"       -> Document
      [] change.op = "invalidate" -> {}
      [] OTHER                    -> {change.id}

\* Documents after a sequence of changes.
RECURSIVE AfterAll(_, _)
AfterAll(documents, changes) ==
    IF changes = <<>> THEN documents
    ELSE LET change == Head(changes) IN
         AfterAll([d \in Document |-> IF d \in Affected(change) THEN After(documents[d], change)
                                                                ELSE documents[d]],
                  Tail(changes))

\* May the statement be performed on this document?
Fits(op, doc) == (op = "insert") = (doc = Absent)

Op == {"insert", "update", "replace", "delete"}

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* WRITERS                                                                                        *)
(**************************************************************************************************)

Init ==
    /\ docs     = [d \in Document |-> Absent]
    /\ events   = <<>>
    /\ sessions = <<[from |-> 0, received |-> <<>>]>>     \* The consumer's stream is open.
    /\ mode     = "streaming"
    /\ replica  = [d \in Document |-> [base |-> 0, v |-> 0, at |-> 0]]
    /\ saved    = 0
    /\ txn      = <<>>
    /\ began    = 0
    /\ written  = 0
    /\ inHand   = 0
    /\ applied  = <<>>
    /\ crashes  = 0

\* The time of the next event.  Real ones are pairs of seconds and a counter; we number them.
NextTime == IF events = <<>> THEN 1 ELSE events[Len(events)].time + 1

\* Changes become events, all at one time.
Emit(changes, inTxn) ==
    LET Event(change) == change @@ [time |-> NextTime, txn |-> inTxn] IN
    /\ events' = events \o [i \in DOMAIN changes |-> Event(changes[i])]
    /\ docs'   = AfterAll(docs, changes)

InTxn(d)   == \E i \in DOMAIN txn : txn[i].id = d
InEvent(d) == \E i \in DOMAIN events : events[i].op \in Op /\ events[i].id = d
WasDropped == \E i \in DOMAIN events : events[i].op = "drop"

\* Nothing distinguishes the documents but their ids, so they are used in ascending order.
MayUse(d) == \A lower \in Document : lower < d => (InTxn(lower) \/ InEvent(lower))

\* May document d be written outside of transactions?  If the open transaction has written it, that
\* would have to wait for the transaction's end, so we do not try.
MayWrite(d) ==
    /\ written < MaxWrites
    /\ MayUse(d)
    /\ ~InTxn(d)

Write(op, d) ==
    /\ Fits(op, docs[d])
    /\ Emit(<<Change(op, d, written + 1)>>, FALSE)
    /\ written' = written + 1
    /\ UNCHANGED <<txn, began, progress, sessions, mode, crashes>>

\* On the server: insert; update with $set of v; update with a whole document; delete.  An insert
\* also creates the collection if it is not there.
Insert(d)  == MayWrite(d) /\ Write("insert",  d)
Update(d)  == MayWrite(d) /\ Write("update",  d)
Replace(d) == MayWrite(d) /\ Write("replace", d)
Delete(d)  == MayWrite(d) /\ Write("delete",  d)

\* The same statements in a transaction, begun with the first of them.  Nothing shows until the
\* commit.  A document that was changed since the beginning would mean a write conflict, so we do
\* not touch it.  Nor is there a transaction once the collection was dropped: to create it anew is
\* left to plain inserts.
Stage(op, d) ==
    /\ written < MaxWrites
    /\ MayUse(d)
    /\ ~WasDropped
    /\ txn # <<>> => \A i \in (began + 1)..Len(events) : events[i].id # d
    /\ Fits(op, AfterAll(docs, txn)[d])
    /\ txn'     = Append(txn, Change(op, d, written + 1))
    /\ began'   = IF txn = <<>> THEN Len(events) ELSE began
    /\ written' = written + 1
    /\ UNCHANGED <<collection, progress, sessions, mode, crashes>>

\* On the server: commitTransaction.  A transaction of one statement is not worth the trouble.
Commit ==
    /\ Len(txn) > 1
    /\ Emit(txn, TRUE)
    /\ txn'   = <<>>
    /\ began' = 0
    /\ UNCHANGED <<written, progress, sessions, mode, crashes>>

\* On the server: abortTransaction.  There will be no events.
Abort ==
    /\ txn # <<>>
    /\ txn'   = <<>>
    /\ began' = 0
    /\ UNCHANGED <<collection, written, progress, sessions, mode, crashes>>

\* On the server: drop, once in a behavior.  It would have to wait for an open transaction.
Drop ==
    /\ written < MaxWrites
    /\ txn = <<>>
    /\ ~WasDropped
    /\ Emit(<<[op |-> "drop"], [op |-> "invalidate"]>>, FALSE)
    /\ written' = written + 1
    /\ UNCHANGED <<txn, began, progress, sessions, mode, crashes>>

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* THE CONSUMER                                                                                   *)
(**************************************************************************************************)

Session  == sessions[Len(sessions)]

\* The token of the last event delivered; before the first, the one the stream was opened with.
Position == IF Session.received = <<>> THEN Session.from
                                       ELSE Session.received[Len(Session.received)]

\* Is the n-th event news to document d of the replica?
IsNews(n, d) ==
    LET last == replica[d].at IN
    CASE Deduplicate = "by token" -> n > last
      [] Deduplicate = "by time"  -> last = 0 \/ events[n].time > events[last].time
      [] Deduplicate = "never"    -> TRUE

\* The n-th event is applied to the replica, or skipped.
Take(n) ==
    LET event   == events[n]
        changed == {d \in Affected(event) : IsNews(n, d)}
        New(d)  == After([base |-> replica[d].base, v |-> replica[d].v], event)
    IN  /\ replica' = [d \in Document |->
                         IF d \in changed THEN [base |-> New(d).base, v |-> New(d).v, at |-> n]
                                          ELSE replica[d]]
        /\ applied' = IF changed = {} THEN applied ELSE Append(applied, n)

\* On the server: getMore with batchSize 1, which returns the next event.
\* The consumer applies it at once.  (A crash between these two would look from the outside like a
\* crash before the first.)  Or it saves the token, and applies the event in a step of its own.
Deliver ==
    /\ mode = "streaming"
    /\ inHand = 0
    /\ Position < Len(events)
    /\ LET n == Position + 1 IN
        /\ sessions' = [sessions EXCEPT ![Len(sessions)].received = Append(@, n)]
        /\ mode'     = IF events[n].op = "invalidate" THEN "invalidated" ELSE "streaming"
        /\ IF TokenFirst
           THEN saved' = n /\ inHand' = n /\ UNCHANGED <<replica, applied>>
           ELSE Take(n) /\ UNCHANGED <<saved, inHand>>
    /\ UNCHANGED <<collection, writers, crashes>>

\* With TokenFirst: the event whose token has been saved is applied.
Apply ==
    /\ inHand # 0
    /\ Take(inHand)
    /\ inHand' = 0
    /\ UNCHANGED <<collection, writers, saved, sessions, mode, crashes>>

\* The consumer saves the token of the last event, which it has applied.  It need not do so after
\* each event, and so may be delivered several of them again.
SaveToken ==
    /\ mode \in {"streaming", "invalidated"}
    /\ ~TokenFirst
    /\ saved # Position
    /\ saved' = Position
    /\ UNCHANGED <<collection, writers, replica, applied, inHand, sessions, mode, crashes>>

\* The consumer forgets everything but replica and saved token.  On the server: killCursors, as the
\* server does by itself when it finds nobody wants the cursor any more.
Crash ==
    /\ mode \in {"streaming", "invalidated"}
    /\ crashes < MaxCrashes
    /\ mode'    = "down"
    /\ inHand'  = 0
    /\ crashes' = crashes + 1
    /\ UNCHANGED <<collection, writers, replica, applied, saved, sessions>>

\* It opens a new stream after a crash, or after the server has ended the old one.  In the latter
\* case it saves the token first.
MayOpen ==
    \/ mode = "down"
    \/ mode = "invalidated" /\ inHand = 0 /\ saved = Position

Open ==
    /\ sessions' = Append(sessions, [from |-> saved, received |-> <<>>])
    /\ mode'     = "streaming"
    /\ UNCHANGED <<collection, writers, progress, crashes>>

IsInvalidate(n) == n # 0 /\ events[n].op = "invalidate"

\* On the server: aggregate with $changeStream: {resumeAfter: <the saved token>}.
ResumeAfter == MayOpen /\ ~IsInvalidate(saved) /\ Open

\* The same command, with the token of an invalidate event.  The reply is error 260.
ResumeRefused ==
    /\ MayOpen
    /\ IsInvalidate(saved)
    /\ mode' = "refused"
    /\ UNCHANGED <<collection, writers, progress, sessions, crashes>>

\* On the server: aggregate with $changeStream: {startAfter: <the saved token>}, whatever the token.
StartAfter == (MayOpen \/ mode = "refused") /\ Open

Next ==
    \/ \E d \in Document           : Insert(d)
    \/ \E d \in Document           : Update(d)
    \/ \E d \in Document           : Replace(d)
    \/ \E d \in Document           : Delete(d)
    \/ \E op \in Op, d \in Document : Stage(op, d)
    \/ Commit
    \/ Abort
    \/ Drop
    \/ Deliver
    \/ Apply
    \/ SaveToken
    \/ Crash
    \/ ResumeAfter
    \/ ResumeRefused
    \/ StartAfter

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* INVARIANTS                                                                                     *)
(**************************************************************************************************)

AnyDoc == [base : 0..MaxWrites, v : 0..MaxWrites]

AnyChange ==
    [op : {"insert", "replace"}, id : Document, base : 1..MaxWrites, v : 1..MaxWrites] \cup
    [op : {"update"},            id : Document,                      v : 1..MaxWrites] \cup
    [op : {"delete"},            id : Document                                       ] \cup
    [op : {"drop", "invalidate"}                                                     ]

AnyEvent == {change @@ [time |-> n, txn |-> b] :
                change \in AnyChange, n \in 1..MaxWrites, b \in BOOLEAN}

Token == 0..Len(events)

TypeOK ==
    /\ docs     \in [Document -> AnyDoc]
    /\ \A i \in DOMAIN events : events[i] \in AnyEvent
    /\ sessions \in Seq([from : Token, received : Seq(Token \ {0})])
    /\ mode     \in {"streaming", "invalidated", "down", "refused"}
    /\ replica  \in [Document -> [base : 0..MaxWrites, v : 0..MaxWrites, at : Token]]
    /\ saved    \in Token
    /\ txn      \in Seq(AnyChange)
    /\ began    \in Token
    /\ written  \in 0..MaxWrites
    /\ inHand   \in Token
    /\ applied  \in Seq(Token \ {0})
    /\ crashes  \in 0..MaxCrashes

\* The events tell the whole truth: who repeats them all gets the collection.
EventsExplainDocuments == docs = AfterAll([d \in Document |-> Absent], events)

\* Events come one after the other in cluster time.  Only within a transaction, and at a drop, do
\* several have the same.
EventsAreOrdered ==
    \A i \in 1..(Len(events) - 1) :
        LET first  == events[i]
            second == events[i + 1]
        IN  \/ first.time < second.time
            \/ /\ first.time = second.time
               /\ (first.txn /\ second.txn) \/ (first.op = "drop" /\ second.op = "invalidate")

\* Every stream delivers them in this order.
TotalOrder ==
    \A s \in DOMAIN sessions :
        LET received == sessions[s].received IN
        \A i, j \in DOMAIN received :
            i < j => /\ received[i] < received[j]
                     /\ events[received[i]].time <= events[received[j]].time

\* A stream delivers exactly what follows the token that it was opened with, without a gap and
\* without a repetition, and nothing after an invalidate event.  It may be anywhere on its way.
ExactSuffix ==
    \A s \in DOMAIN sessions :
        LET from     == sessions[s].from
            received == sessions[s].received
        IN  \A i \in DOMAIN received :
                /\ received[i] = from + i
                /\ events[received[i]].op = "invalidate" => i = Len(received)

\* What is done to the replica's copy of a document is done in the order in which it was done to the
\* document, and makes sense: nothing but an insert for a document that is not there, and no insert
\* for one that is.
CausalOrder ==
    \A j \in DOMAIN applied :
        LET event  == events[applied[j]]
            before == AfterAll([d \in Document |-> Absent],
                               [i \in 1..(j - 1) |-> events[applied[i]]])
        IN  /\ event.op \in Op => Fits(event.op, before[event.id])
            /\ \A i \in 1..(j - 1) :
                   Affected(events[applied[i]]) \cap Affected(event) # {} => applied[i] < applied[j]

\* The promise of a saved token: every event up to it has been applied, or is about to be.
NothingLost ==
    \A n \in 1..saved :
        \/ n = inHand
        \/ IsInvalidate(n)
        \/ \E i \in DOMAIN applied : applied[i] = n

\* Has the consumer caught up with the writers?
Drained ==
    /\ mode \in {"streaming", "invalidated"}
    /\ Position = Len(events)
    /\ inHand = 0

\* What it is all for.
ReplicaConverges ==
    Drained => \A d \in Document : docs[d] = [base |-> replica[d].base, v |-> replica[d].v]

====================================================================================================
