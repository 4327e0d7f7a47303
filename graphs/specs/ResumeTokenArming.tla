------------------------------------- MODULE ResumeTokenArming -------------------------------------
(**************************************************************************************************)
(* When does a change stream begin?                                                               *)
(*                                                                                                *)
(* THE STREAM.  A MongoDB server logs all writes, in the order in which they take effect, in its  *)
(* oplog.  A change stream is a cursor over that log: a program calls watch(), and is then given  *)
(* event after event, as others write.  With each batch the server hands out a resume token, a    *)
(* position in the log.  If the connection breaks, the program has a new cursor start at the      *)
(* token.  What lies behind the token it will never see again.                                    *)
(*                                                                                                *)
(* THE PROBLEM.  A driver may be lazy: its watch() returns an object and sends nothing.  Only     *)
(* when the program asks for the first event does the driver send the command that opens the      *)
(* cursor on the server, and arms the stream thereby.  To the program the stream began when       *)
(* watch() returned; to the server it begins here:                                                *)
(*                                                                                                *)
(*     program    watch() returns                     first next()                                *)
(*                      |                                   |                                     *)
(*     oplog      a     |     b          c                  |     d                               *)
(*                      |                                   |                                     *)
(*                  watchedAt         the window      the cursor opens                            *)
(*                                                                                                *)
(* The writes b and c were made after watch(), and yet a cursor opened at "now" begins with d.    *)
(* Nothing tells the program: no error, no gap that can be seen, and a token that is past b and c *)
(* already.                                                                                       *)
(*                                                                                                *)
(* THE REMEDY.  The driver notes, in watch(), how far the server's clock is, and opens the cursor *)
(* there (the option startAtOperationTime).  In this module the constant UseStartAt says whether  *)
(* it does, and the invariant NoEventLoss what depends on it:                                     *)
(*                                                                                                *)
(*     arming.cfg              UseStartAt = TRUE     all invariants hold                          *)
(*     arming-lazy-check.cfg   UseStartAt = FALSE    NoEventLoss is violated in three steps:      *)
(*                                                   Watch, Write, Arm                            *)
(*     arming-lazy.cfg         UseStartAt = FALSE    does not ask for NoEventLoss, so that TLC    *)
(*                                                   goes on and finds all behaviors              *)
(*                                                                                                *)
(* A real server behaves both ways, whichever is asked of it.  And the last configuration is a    *)
(* prediction, too: these events get lost, and no others.                                         *)
(*                                                                                                *)
(* TIME IS POSITION.  The server gives each write a cluster time, strictly increasing along the   *)
(* oplog.  So the place of an event in the oplog, 1, 2, ..., serves as its time here, and "after  *)
(* watch()" means a higher one.  It does not mean acknowledged later: a server can hand out the   *)
(* times 1 and 2 to two writes at once and acknowledge the second one first, and streams go by    *)
(* the times.                                                                                     *)
(*                                                                                                *)
(* AT OR AFTER.  startAtOperationTime itself is inclusive: a cursor asked to start at the time of *)
(* watch() would also deliver the event of that very time, the last one BEFORE watch().  The      *)
(* driver of this module asks for the next higher time; NoEarlyEvent sees to it.                  *)
(*                                                                                                *)
(* LEFT OUT.  Events of other collections, which move the clock without being delivered;          *)
(* transactions, whose events share one time; broken connections; writes in flight, which have a  *)
(* time but are not in the log yet.  Every write is visible to everybody as soon as it is made.   *)
(**************************************************************************************************)

EXTENDS Integers, Sequences

CONSTANTS
    Writer,           \* Those who write into the watched collection, integers.
    WritesPerWriter,  \* How many documents each of them inserts.
    UseStartAt        \* Does watch() note the time, for the cursor to start at?

ASSUME
    /\ Writer \subseteq Nat \ {0}
    /\ WritesPerWriter \in Nat
    /\ UseStartAt \in BOOLEAN

VARIABLES
    \* What a live system shows.
    oplog,        \* All inserts in the order of their times.
    delivered,    \* The events that the program has been given, in the order it was given them.

    \* Bookkeeping: what a test of a live system knows from having carried the actions out.
    stream,       \* "none", then "lazy" as soon as watch() has returned, then "open".
    watchedAt,    \* How long the oplog was when watch() returned.  None before.
    resumeToken   \* How far the open cursor has read the oplog.  None before.

vars == <<oplog, delivered, stream, watchedAt, resumeToken>>

----------------------------------------------------------------------------------------------------
None == -1

\* An event is an insert, and names the document: the nth of a writer.  No two are equal.
Event == [writer : Writer, nth : 1..WritesPerWriter]

Range(seq) == {seq[i] : i \in DOMAIN seq}

\* How many documents a writer has inserted so far.
Written(w) == LET ByWriter(event) == event.writer = w IN Len(SelectSeq(oplog, ByWriter))

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* ACTIONS                                                                                        *)
(*                                                                                                *)
(* Each of them grows a sequence or settles a number, so two states in a row tell which action    *)
(* was taken, and with which parameters.                                                          *)
(**************************************************************************************************)
Init ==
    /\ oplog       = <<>>
    /\ delivered   = <<>>
    /\ stream      = "none"
    /\ watchedAt   = None
    /\ resumeToken = None

\* Writers know nothing of the stream, and insert at any time.
Write(w) ==
    /\ Written(w) < WritesPerWriter
    /\ oplog' = Append(oplog, [writer |-> w, nth |-> Written(w) + 1])
    /\ UNCHANGED <<delivered, stream, watchedAt, resumeToken>>

\* The program calls watch(), and it returns.  This is the time that the program goes by, and so
\* watchedAt is set in either case; a driver with UseStartAt = FALSE just does not know it.
Watch ==
    /\ stream = "none"
    /\ stream'    = "lazy"
    /\ watchedAt' = Len(oplog)
    /\ UNCHANGED <<oplog, delivered, resumeToken>>

\* The driver's first command to the server, an aggregate, opens the cursor.  It asks for no events
\* yet, but comes back with a token.
Arm ==
    /\ stream = "lazy"
    /\ stream'      = "open"
    /\ resumeToken' = IF UseStartAt THEN watchedAt ELSE Len(oplog)
    /\ UNCHANGED <<oplog, delivered, watchedAt>>

\* The program takes the next event.  (A getMore with a batch size of 1.)
Deliver ==
    /\ stream = "open"
    /\ resumeToken < Len(oplog)
    /\ delivered'   = Append(delivered, oplog[resumeToken + 1])
    /\ resumeToken' = resumeToken + 1
    /\ UNCHANGED <<oplog, stream, watchedAt>>

Next ==
    \/ \E w \in Writer : Write(w)
    \/ Watch
    \/ Arm
    \/ Deliver

\* A behavior ends when all has been written and the open stream has nothing left to deliver.
Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* INVARIANTS                                                                                     *)
(**************************************************************************************************)

TypeOK ==
    /\ oplog \in Seq(Event)
    /\ delivered \in Seq(Event)
    /\ stream \in {"none", "lazy", "open"}
    /\ watchedAt   \in IF stream = "none" THEN {None} ELSE 0..Len(oplog)
    /\ resumeToken \in IF stream = "open" THEN 0..Len(oplog) ELSE {None}

\* Behind the token lies no event that came after watch() and was not delivered.  If there is one,
\* it is lost: this cursor is past it, and so would be any other that resumes at the token.
NoEventLoss ==
    \A i \in DOMAIN oplog :
        (watchedAt < i /\ i <= resumeToken) => oplog[i] \in Range(delivered)

\* Nothing is delivered that came before watch().
NoEarlyEvent ==
    \A i \in DOMAIN oplog :
        oplog[i] \in Range(delivered) => i > watchedAt

\* What was delivered is one piece of the oplog that reaches up to the token: nothing missing in
\* the middle, nothing twice, nothing out of order.  A lazy stream keeps to that as well.  Hence all
\* that it can lose is the window before that piece, and it loses all of it.
DeliveredInOrder ==
    IF stream = "open"
    THEN \E opened \in 0..resumeToken : delivered = SubSeq(oplog, opened + 1, resumeToken)
    ELSE delivered = <<>>

====================================================================================================
