------------------------------------ MODULE TTLEmissionOrdering ------------------------------------
(**************************************************************************************************)
(* Documents that the server deletes by itself, and who gets to see what of it in which order.    *)
(*                                                                                                *)
(* THE SETTING.  A MongoDB collection can have a TTL index ("time to live") on a date, here the   *)
(* field createdAt: once a document is older than the index allows, the server deletes it, with   *)
(* nobody asking.  Three actors meet around it:                                                   *)
(*                                                                                                *)
(*   USER_WRITER      inserts documents, each in a transaction of its own: it stages the insert,  *)
(*                    which nobody else can see yet, and later commits or aborts.                 *)
(*   TTL_MONITOR      a thread of the server.  It works in passes, and a pass deletes all         *)
(*                    documents that have expired.                                                *)
(*   STREAM_CONSUMER  reads a change stream, a cursor over the server's log of writes, the        *)
(*                    oplog.  A filter ($match on createdAt) lets through what the consumer is    *)
(*                    interested in.                                                              *)
(*                                                                                                *)
(* THE QUESTION.  A consumer that keeps a copy of the collection must not be told of a delete     *)
(* before the insert: it would have nothing to delete first, and then a document that nobody else *)
(* has, for ever.  And a document can have expired before it is even committed, as its createdAt  *)
(* was set when the insert was staged.  Here is one that waits too long:                          *)
(*                                                                                                *)
(*     USER_WRITER        Stage                  Commit                                           *)
(*     TTL_MONITOR                  TTLPass                  TTLPass                              *)
(*     oplog                                     insert      delete                               *)
(*     STREAM_CONSUMER                                                  insert      delete        *)
(*                                                                                                *)
(* What keeps insert and delete in order is that the first pass leaves the document alone, and    *)
(* that the stream follows the oplog.  Either can be switched off, to see what it is good for:    *)
(*                                                                                                *)
(*     AllowTTLBeforeCommit    A pass also deletes what is only staged.  The delete is in the     *)
(*                             oplog, and the insert comes later, or never.                       *)
(*     AllowOutOfOrderEmit     The stream delivers any event that it has not delivered yet.       *)
(*                                                                                                *)
(*     ttl.cfg                 both FALSE; all invariants hold                                    *)
(*     ttl-live.cfg            both FALSE; the temporal properties hold                           *)
(*     ttl-early-check.cfg     AllowTTLBeforeCommit: NoDeleteBeforeInsertInOplog is violated by   *)
(*                             Stage, TTLPass                                                     *)
(*     ttl-reorder-check.cfg   AllowOutOfOrderEmit: NoOrphanDelete is violated by                 *)
(*                             Stage, Commit, TTLPass, Deliver                                    *)
(*     ttl-early.cfg           the same two, but not asking for what does not hold, so that TLC   *)
(*     ttl-reorder.cfg         goes on and finds all behaviors                                    *)
(*                                                                                                *)
(* The steps that only the last two configurations have are what a real server must refuse to     *)
(* take, when it is driven there.                                                                 *)
(*                                                                                                *)
(* NO CLOCK.  Nothing expires while it is watched: a document's createdAt lies so far in the past *)
(* that the document has expired when it is staged, or so far in the future that it never will.   *)
(* That is how a test proceeds which cannot wait.  A document without createdAt never expires     *)
(* either, as a TTL index has no entry for it; and to the consumer's filter it is nothing.        *)
(*                                                                                                *)
(* PRE-IMAGES.  The oplog entry of a delete has only the document's _id.  A filter on createdAt   *)
(* would let inserts through and never a delete, unless the server keeps each deleted document as *)
(* it was before (changeStreamPreAndPostImages), and the filter also looks at that pre-image.     *)
(* Both are taken for granted here: Matches asks the same of inserts and of deletes.              *)
(*                                                                                                *)
(* LEFT OUT.  A transaction may also update or delete a committed document.  If that one expires, *)
(* the whole monitor waits until the transaction ends, and only then does the pass go on.  Here   *)
(* transactions only insert; no pass ever waits.  So all transactions may stay open for ever, and *)
(* the monitor still does its work, which TTLNoSkip says.  A pass is a single step, although a    *)
(* server deletes document by document, and other writes can come in between.  Nor are there      *)
(* commits that overtake one another between the oplog and the stream: an entry is readable once  *)
(* it is there.                                                                                   *)
(**************************************************************************************************)

EXTENDS Integers, Sequences

CONSTANTS
    CreatedAt,             \* What createdAt may be: some of "past", "future", "missing".
    MaxDocs,               \* How many documents are staged.
    MaxIdlePasses,         \* How many passes may find nothing to delete.
    AllowTTLBeforeCommit,  \* Does a pass delete documents that are not committed yet?
    AllowOutOfOrderEmit    \* May the stream deliver a later event before an earlier one?

ASSUME
    /\ CreatedAt \subseteq {"past", "future", "missing"}
    /\ MaxDocs \in Nat
    /\ MaxIdlePasses \in Nat
    /\ AllowTTLBeforeCommit \in BOOLEAN
    /\ AllowOutOfOrderEmit \in BOOLEAN

VARIABLES
    \* What a live system shows.
    oplog,      \* All writes that took effect, in that order.
    delivered,  \* The events that the consumer has been given, in the order it was given them.

    \* In part bookkeeping.
    docs,       \* docs[d] is document d; they count in the order in which they were staged.  A live
                \* system shows which ones are "live", and not the difference between the others.
    idlePasses  \* How many passes have found nothing to delete.  (What a live system counts is all
                \* its passes, to which idle and others add up.)

vars == <<oplog, delivered, docs, idlePasses>>

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* DOCUMENTS AND EVENTS                                                                           *)
(*                                                                                                *)
(* A document's states:                                                                           *)
(*                                                                                                *)
(*               Stage              Commit          TTLPass                                       *)
(*           o ---------> staged -----------> live ---------> deleted                             *)
(*                          | \                                  ^                                *)
(*                    Abort |  \ TTLPass, if                     | Commit                         *)
(*                          |   \ AllowTTLBeforeCommit           |                                *)
(*                          |    '--------------------------> reaped                              *)
(*                          v            Abort                   |                                *)
(*                       aborted <-------------------------------'                                *)
(**************************************************************************************************)
Doc == 1..MaxDocs

DocState == {"staged", "live", "deleted", "aborted", "reaped"}

\* The documents that there are, in the order in which they were staged, which is that of their age.
DocsInOrder == [d \in 1..Len(docs) |-> d]

Expired(d) == docs[d].createdAt = "past"

\* An entry of the oplog: `op` is "i" for an insert or "d" for a delete, and `ts` is the cluster
\* time.  The server has it increase with every entry; here it simply counts.
Entry == [ts : Nat, op : {"i", "d"}, doc : Doc]

\* The oplog with inserts, or deletes, of a sequence of documents at its end.
Log(op, seq) ==
    oplog \o [i \in 1..Len(seq) |-> [ts |-> Len(oplog) + i, op |-> op, doc |-> seq[i]]]

\* The consumer's filter.
Matches(entry) == docs[entry.doc].createdAt # "missing"

Range(seq) == {seq[i] : i \in DOMAIN seq}

\* What the filter lets through, and the consumer has not had yet, in the order of the oplog.
Undelivered ==
    LET IsWaiting(entry) == Matches(entry) /\ entry \notin Range(delivered)
    IN  SelectSeq(oplog, IsWaiting)

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* ACTIONS                                                                                        *)
(*                                                                                                *)
(* All sequences only grow, and a document changes its state for good, so two states in a row     *)
(* tell which action was taken, and with which parameters.                                        *)
(**************************************************************************************************)
Init ==
    /\ oplog      = <<>>
    /\ delivered  = <<>>
    /\ docs       = <<>>
    /\ idlePasses = 0

\* USER_WRITER starts a transaction and inserts a document in it.  Of several "past" ones, the one
\* staged first is the oldest.
Stage(createdAt) ==
    /\ Len(docs) < MaxDocs
    /\ docs' = Append(docs, [createdAt |-> createdAt, state |-> "staged"])
    /\ UNCHANGED <<oplog, delivered, idlePasses>>

\* It commits the transaction of document d.  This is when the insert takes its place in the oplog.
\* Had a pass got at the document before, the insert would be logged all the same, for a document
\* that is no longer there.
Commit(d) ==
    /\ d \in DOMAIN docs
    /\ docs[d].state \in {"staged", "reaped"}
    /\ docs'  = [docs EXCEPT ![d].state = IF @ = "staged" THEN "live" ELSE "deleted"]
    /\ oplog' = Log("i", <<d>>)
    /\ UNCHANGED <<delivered, idlePasses>>

\* Or it aborts the transaction of document d, which leaves no trace in the oplog.
Abort(d) ==
    /\ d \in DOMAIN docs
    /\ docs[d].state \in {"staged", "reaped"}
    /\ docs' = [docs EXCEPT ![d].state = "aborted"]
    /\ UNCHANGED <<oplog, delivered, idlePasses>>

\* TTL_MONITOR makes a pass.  It deletes all expired documents at once, and logs the deletes from
\* the oldest document to the newest, for it follows the index.  A pass that finds nothing is a step
\* as well: that it leaves a staged document alone is worth a test.  But it is counted, as there
\* would be no end of such passes.
TTLPass ==
    LET IsVictim(d) == Expired(d) /\ \/ docs[d].state = "live"
                                     \/ AllowTTLBeforeCommit /\ docs[d].state = "staged"
        victims     == SelectSeq(DocsInOrder, IsVictim)
        After(d)    == IF d \notin Range(victims)     THEN docs[d].state
                       ELSE IF docs[d].state = "live" THEN "deleted" ELSE "reaped"
    IN  /\ IF victims = <<>>
           THEN idlePasses < MaxIdlePasses /\ idlePasses' = idlePasses + 1
           ELSE UNCHANGED idlePasses
        /\ docs'  = [d \in DOMAIN docs |-> [docs[d] EXCEPT !.state = After(d)]]
        /\ oplog' = Log("d", victims)
        /\ UNCHANGED delivered

\* STREAM_CONSUMER takes one event: the earliest that there is for it, unless AllowOutOfOrderEmit.
Deliver ==
    \E i \in 1..Len(Undelivered) :
        /\ ~AllowOutOfOrderEmit => i = 1
        /\ delivered' = Append(delivered, Undelivered[i])
        /\ UNCHANGED <<oplog, docs, idlePasses>>

Next ==
    \/ \E createdAt \in CreatedAt : Stage(createdAt)
    \/ \E d \in Doc : Commit(d)
    \/ \E d \in Doc : Abort(d)
    \/ TTLPass
    \/ Deliver

\* A behavior ends when all transactions have, nothing has expired, all events are delivered, and
\* there has been every idle pass.
Spec == Init /\ [][Next]_vars

\* The same, with a monitor and a stream that do not stop for ever while they have something to do.
\* Nothing is expected of the writer, who may leave transactions open.
FairSpec == Spec /\ WF_vars(TTLPass) /\ WF_vars(Deliver)

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* INVARIANTS                                                                                     *)
(**************************************************************************************************)

TypeOK ==
    /\ docs \in Seq([createdAt : CreatedAt, state : DocState]) /\ Len(docs) <= MaxDocs
    /\ oplog \in Seq(Entry)
    /\ delivered \in Seq(Entry) /\ Range(delivered) \subseteq {e \in Range(oplog) : Matches(e)}
    /\ idlePasses \in 0..MaxIdlePasses

\* Cluster times strictly increase along the oplog.
OplogMonotonic ==
    \A i, j \in DOMAIN oplog : i < j => oplog[i].ts < oplog[j].ts

\* Each delete in the oplog comes after an insert of the same document.
NoDeleteBeforeInsertInOplog ==
    \A j \in DOMAIN oplog :
        oplog[j].op = "d" =>
            \E i \in 1..(j - 1) : oplog[i].op = "i" /\ oplog[i].doc = oplog[j].doc

\* Only what has expired is deleted.
OnlyExpiredDeleted ==
    \A i \in DOMAIN oplog : oplog[i].op = "d" => Expired(oplog[i].doc)

\* The oplog tells the truth: whoever replays it ends up with the documents that there are.
OplogExplainsDocs ==
    LET Happened(op, d) == \E i \in DOMAIN oplog : oplog[i].op = op /\ oplog[i].doc = d
    IN  \A d \in DOMAIN docs :
            /\ (docs[d].state \in {"live", "deleted"}) <=> Happened("i", d)
            /\ (docs[d].state = "deleted")             <=> Happened("d", d)

\* The consumer is given events in the order of their cluster times, and none twice.  As only the
\* earlier can be a cause of the later, causes come first.
CausalOrdering ==
    \A i, j \in DOMAIN delivered : i < j => delivered[i].ts < delivered[j].ts

\* The consumer hears of a delete only when it has heard of the insert of the same document.
NoOrphanDelete ==
    \A j \in DOMAIN delivered :
        delivered[j].op = "d" =>
            \E i \in 1..(j - 1) : delivered[i].op = "i" /\ delivered[i].doc = delivered[j].doc

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* TEMPORAL PROPERTIES, of FairSpec                                                               *)
(**************************************************************************************************)

\* Each committed document that has expired gets deleted, some day.  (It takes the fair monitor.)
TTLNoSkip ==
    \A d \in Doc :
        (d \in DOMAIN docs /\ Expired(d) /\ docs[d].state = "live")
            ~> (d \in DOMAIN docs /\ docs[d].state = "deleted")

\* The consumer gets all events, some day.  (It takes the fair stream.)
EventuallyDrained == <>[](Undelivered = <<>>)

====================================================================================================
