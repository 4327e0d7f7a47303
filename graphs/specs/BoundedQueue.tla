--------------------------------------- MODULE BoundedQueue ----------------------------------------
(**************************************************************************************************)
(* A queue with few places between threads: who finds it full, or empty, sleeps until that has    *)
(* changed.                                                                                       *)
(*                                                                                                *)
(* THE ALGORITHM is the one of every textbook, and of Python's queue.Queue: a lock and two        *)
(* conditions.  Each call goes through the lock, looks, and either does what it came for or goes  *)
(* to sleep, which gives the lock back.  Who has put something wakes one that sleeps for want of  *)
(* items, who has taken something one that sleeps for want of room.                               *)
(*                                                                                                *)
(* WOKEN IS NOT SERVED.  To be woken means to be told to look again.  The lock is not handed on   *)
(* with it, so between the waking and the looking anybody else may come by:                       *)
(*                                                                                                *)
(*     consumer c1    Get: empty, sleeps                  woken             Resume: empty again   *)
(*     producer p1                          Put ----------->                                      *)
(*     consumer c2                                               Get: takes it                    *)
(*                                                                                                *)
(* So waking and looking are two steps here.  A specification with one step for both would be     *)
(* simpler, and would not know the schedules in which such queues have had their bugs.            *)
(*                                                                                                *)
(* WHAT IS PROMISED.  The documentation promises that put() blocks "until a free slot is          *)
(* available" and get() "until an item is available", and first in, first out for the items.  It  *)
(* promises nothing to those who wait: c2 has overtaken c1, which goes to sleep again, and at the *)
(* end of the line at that.  NoOvertaking says that this does not happen.  It does not hold       *)
(* (queue-fair-check.cfg), here or in reality; the tests show it on real threads.                 *)
(*                                                                                                *)
(* WHO IS WOKEN.  The one that has slept for longest.  The documentation of Python does not say   *)
(* so.  CPython does so, and a test needs one answer.                                             *)
(*                                                                                                *)
(* LEFT OUT.  Time limits, calls that do not block, task_done() and join(), shutdown().           *)
(**************************************************************************************************)

EXTENDS Integers, Sequences

CONSTANTS
    Producer, Consumer,  \* Threads, as sets of strings.
    Calls,               \* How often each of them calls put() or get().
    Capacity             \* Places in the queue.

ASSUME
    /\ Calls \in Nat \ {0}
    /\ Capacity \in Nat \ {0}

Thread == Producer \cup Consumer

(**************************************************************************************************)
(* VARIABLES                                                                                      *)
(*                                                                                                *)
(*   buffer  The items in the queue, the oldest one first.  An item names who put it, and in      *)
(*           which of its calls.                                                                  *)
(*   doing   doing[t]: "idle" outside of any call, "asleep", or "woken" and about to look again.  *)
(*   got     got[c]: what consumer c has been given.                                              *)
(*   calls   calls[t]: the calls that t has begun.                                                *)
(*   line    Those that are asleep, the longest sleeper first.  Nobody can look at that; it shows *)
(*           in who is woken.                                                                     *)
(**************************************************************************************************)
VARIABLES buffer, doing, got, calls, line

vars == <<buffer, doing, got, calls, line>>

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* ACTIONS                                                                                        *)
(**************************************************************************************************)

Init ==
    /\ buffer = <<>>
    /\ doing  = [t \in Thread |-> "idle"]
    /\ got    = [c \in Consumer |-> <<>>]
    /\ calls  = [t \in Thread |-> 0]
    /\ line   = <<>>

MayCall(t) ==
    /\ doing[t] = "idle"
    /\ calls[t] < Calls

Sleep(t) ==
    /\ doing' = [doing EXCEPT ![t] = "asleep"]
    /\ line' = Append(line, t)
    /\ UNCHANGED <<buffer, got>>

\* t is done, and wakes the longest sleeper of the other kind, if there is one.
FinishAndWake(t, kind) ==
    LET IsSleeper(u) == u \in kind
        sleepers == SelectSeq(line, IsSleeper)
    IN
    IF sleepers = <<>>
    THEN
        /\ doing' = [doing EXCEPT ![t] = "idle"]
        /\ UNCHANGED line
    ELSE
        LET first == Head(sleepers)
            IsOther(u) == u # first
        IN
        /\ doing' = [doing EXCEPT ![t] = "idle", ![first] = "woken"]
        /\ line' = SelectSeq(line, IsOther)

\* A producer has the lock, in its nth call.
LookForRoom(p, nth) ==
    IF Len(buffer) = Capacity
    THEN Sleep(p)
    ELSE
        /\ buffer' = Append(buffer, [by |-> p, nth |-> nth])
        /\ FinishAndWake(p, Consumer)
        /\ UNCHANGED got

\* A consumer has the lock.
LookForItem(c) ==
    IF buffer = <<>>
    THEN Sleep(c)
    ELSE
        /\ buffer' = Tail(buffer)
        /\ got' = [got EXCEPT ![c] = Append(@, Head(buffer))]
        /\ FinishAndWake(c, Producer)

\* p calls put(), and takes the lock.
Put(p) ==
    /\ MayCall(p)
    /\ calls' = [calls EXCEPT ![p] = @ + 1]
    /\ LookForRoom(p, calls[p] + 1)

\* c calls get(), and takes the lock.
Get(c) ==
    /\ MayCall(c)
    /\ calls' = [calls EXCEPT ![c] = @ + 1]
    /\ LookForItem(c)

\* t has been woken, and takes the lock again.
Resume(t) ==
    /\ doing[t] = "woken"
    /\ IF t \in Producer THEN LookForRoom(t, calls[t]) ELSE LookForItem(t)
    /\ UNCHANGED calls

Next ==
    \/ \E p \in Producer : Put(p)
    \/ \E c \in Consumer : Get(c)
    \/ \E t \in Thread            : Resume(t)

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* INVARIANTS                                                                                     *)
(**************************************************************************************************)

Item == [by : Producer, nth : 1..Calls]

TypeOK ==
    /\ buffer \in Seq(Item)
    /\ doing \in [Thread -> {"idle", "asleep", "woken"}]
    /\ got \in [Consumer -> Seq(Item)]
    /\ calls \in [Thread -> 0..Calls]
    /\ \A t \in Thread : doing[t] = "asleep" <=> \E i \in DOMAIN line : line[i] = t

NeverTooLong == Len(buffer) <= Capacity

\* A put is under way while its producer is asleep or woken.
IsPut(item) == item.nth < calls[item.by] \/ (item.nth = calls[item.by] /\ doing[item.by] = "idle")

\* Each item that has been put is in one place, and only in one.
NothingIsLostOrDoubled ==
    \A item \in Item :
        LET places ==
                {<<"queue", i>> : i \in {j \in DOMAIN buffer : buffer[j] = item}} \cup
                {<<c, i>> \in Consumer \X (1..Calls) : i \in DOMAIN got[c] /\ got[c][i] = item}
        IN
        IF IsPut(item) THEN \E place \in places : places = {place} ELSE places = {}

\* A consumer is given what a producer has put in the order in which it was put.
FirstInFirstOut ==
    \A c \in Consumer : \A i, j \in DOMAIN got[c] :
        (i < j /\ got[c][i].by = got[c][j].by) => got[c][i].nth < got[c][j].nth

IsOne(kind, what) == \E t \in kind : doing[t] = what

\* Nobody sleeps on what is there: somebody has been woken to look.
NoLostWakeup ==
    /\ (IsOne(Consumer, "asleep") /\ buffer # <<>>) => IsOne(Consumer, "woken")
    /\ (IsOne(Producer, "asleep") /\ Len(buffer) < Capacity) => IsOne(Producer, "woken")

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* WHAT DOES NOT HOLD                                                                             *)
(**************************************************************************************************)

\* Nobody is served who has just come, while another one waits for the same.
NoOvertaking ==
    [][ \A c \in Consumer :
            (doing[c] = "idle" /\ got'[c] # got[c]) => \A d \in Consumer : doing[d] = "idle"
      ]_vars

====================================================================================================
