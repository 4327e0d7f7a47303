--------------------------------------- MODULE ExpiringCache ---------------------------------------
(**************************************************************************************************)
(* A cache that forgets: what has not been used for longest when there is no room (LRU), and      *)
(* everything once it is old (TTL).                                                               *)
(*                                                                                                *)
(* WRITTEN FROM THE DOCUMENTATION of cachetools.TTLCache and not from its code:                   *)
(*                                                                                                *)
(*   1  "a cache is a mutable mapping of a fixed maximum size"; its size is the sum of the sizes  *)
(*      of its values.                                                                            *)
(*   2  "When a cache is full, __setitem__() calls popitem() repeatedly until there is enough     *)
(*      room for the item to be added."  popitem() takes the least recently used item "that has   *)
(*      not already expired".                                                                     *)
(*   3  "timer() + ttl at the time of insertion defines the expiration time".  Using an item does *)
(*      not make it any younger; putting it again does.                                           *)
(*   4  "Items that expire will be no longer accessible".  That memory is freed later is nothing  *)
(*      that a user sees, so here they are gone at once, and never in the way of others.          *)
(*                                                                                                *)
(* WHERE IT IS SILENT.  What is enough room when an item that is there is put again, with a       *)
(* larger value?  Its old value makes place for the new one, so only the rest must be found: with *)
(* a and b of size 1 in a cache of size 3, b may grow to 2, and a stays.  The constant            *)
(* OldValueInTheWay is FALSE for that reading.  TRUE is the other one, in which the old value     *)
(* takes up room until the new one is in, and others are thrown out for its sake:                 *)
(*                                                                                                *)
(*     cache.cfg                 FALSE    two keys; EvictsOnlyForRoom holds, and the rest         *)
(*     cache3.cfg                FALSE    three keys                                              *)
(*     cache-crowded-check.cfg   TRUE     TLC shows in three steps what is thrown out for nothing *)
(*                                                                                                *)
(* Which one the library does is not for a specification to say.  The tests tell.                 *)
(*                                                                                                *)
(* TIME.  A clock that runs on forever would make infinitely many states.  What matters of an     *)
(* item is how long it has left, so that is the variable, and Tick takes one off.  The graph is   *)
(* finite, and has cycles: a cache has no end.                                                    *)
(**************************************************************************************************)

EXTENDS Integers, Sequences

CONSTANTS
    Key,               \* Strings.
    Size,              \* The sizes of values: a value is told by its size alone.
    MaxSize,           \* Of the cache, as large as the largest value at least.
    TTL,               \* Ticks that an item lives.
    OldValueInTheWay   \* Does an item that is put again need room beside its old value?

ASSUME
    /\ MaxSize \in Nat \ {0}
    /\ Size \subseteq 1..MaxSize
    /\ TTL \in Nat \ {0}
    /\ OldValueInTheWay \in BOOLEAN

(**************************************************************************************************)
(* VARIABLES                                                                                      *)
(*                                                                                                *)
(*   used   The keys in the cache, the least recently used one first.                             *)
(*   size   size[k]: the value's size; 0 if the key is not there.                                 *)
(*   left   left[k]: the ticks that it has left.  No user can look at that.                       *)
(*   last   What was called last, and what came back: 0 for nothing, or the value.  It stands     *)
(*          here for two reasons.  An answer is something to compare.  And TLC's labels name an   *)
(*          action without its arguments (before 2025), so the binding finds them here.           *)
(**************************************************************************************************)
VARIABLES used, size, left, last

vars == <<used, size, left, last>>

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* LOOKING AROUND                                                                                 *)
(**************************************************************************************************)

IsIn(k, keys) == \E i \in DOMAIN keys : keys[i] = k

Without(k, keys) == LET IsOther(other) == other # k IN SelectSeq(keys, IsOther)

RECURSIVE Total(_)
Total(keys) == IF keys = <<>> THEN 0 ELSE size[Head(keys)] + Total(Tail(keys))

\* What remains of keys when the least recently used ones go until so much is free.
RECURSIVE MakeRoom(_, _)
MakeRoom(keys, needed) ==
    IF Total(keys) + needed <= MaxSize THEN keys ELSE MakeRoom(Tail(keys), needed)

\* Forget the items that are not among keys.
Keep(keys) ==
    /\ used' = keys
    /\ size' = [k \in Key |-> IF IsIn(k, keys) THEN size[k] ELSE 0]
    /\ left' = [k \in Key |-> IF IsIn(k, keys) THEN left[k] ELSE 0]

Answer(op, k, value) == last' = [op |-> op, key |-> k, value |-> value]

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* ACTIONS                                                                                        *)
(**************************************************************************************************)

Init ==
    /\ used = <<>>
    /\ size = [k \in Key |-> 0]
    /\ left = [k \in Key |-> 0]
    /\ last = [op |-> "none", key |-> "", value |-> 0]

\* cache[k] = a value of size s
Put(k, s) ==
    LET others == Without(k, used)
        isCrowded == OldValueInTheWay /\ size[k] \in 1..(s - 1)
        kept == IF isCrowded THEN Without(k, MakeRoom(used, s)) ELSE MakeRoom(others, s)
    IN
    /\ used' = Append(kept, k)
    /\ size' = [j \in Key |-> IF j = k THEN s ELSE IF IsIn(j, kept) THEN size[j] ELSE 0]
    /\ left' = [j \in Key |-> IF j = k THEN TTL ELSE IF IsIn(j, kept) THEN left[j] ELSE 0]
    /\ Answer("put", k, s)

\* cache.get(k, 0).  Of what is there, that is a use.
Get(k) ==
    /\ used' = IF IsIn(k, used) THEN Append(Without(k, used), k) ELSE used
    /\ Answer("get", k, size[k])
    /\ UNCHANGED <<size, left>>

\* cache.pop(k, 0)
Remove(k) ==
    /\ Keep(Without(k, used))
    /\ Answer("remove", k, size[k])

\* cache.popitem()
PopItem ==
    /\ used # <<>>
    /\ Keep(Tail(used))
    /\ Answer("popitem", Head(used), size[Head(used)])

\* Time passes.  (In an empty cache nobody would notice.)
Tick ==
    /\ used # <<>>
    /\ LET IsYoung(k) == left[k] > 1
           young == SelectSeq(used, IsYoung)
       IN
       /\ used' = young
       /\ size' = [k \in Key |-> IF IsIn(k, young) THEN size[k] ELSE 0]
       /\ left' = [k \in Key |-> IF IsIn(k, young) THEN left[k] - 1 ELSE 0]
    /\ Answer("tick", "", 0)

Next ==
    \/ \E k \in Key, s \in Size : Put(k, s)
    \/ \E k \in Key             : Get(k)
    \/ \E k \in Key             : Remove(k)
    \/ PopItem
    \/ Tick

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* INVARIANTS                                                                                     *)
(**************************************************************************************************)

TypeOK ==
    /\ used \in Seq(Key)
    /\ size \in [Key -> Size \cup {0}]
    /\ left \in [Key -> 0..TTL]
    /\ last.op \in {"none", "put", "get", "remove", "popitem", "tick"}

\* What is in the cache is there once, has a size, and has some time left.
IsOneCache ==
    /\ \A i, j \in DOMAIN used : used[i] = used[j] => i = j
    /\ \A k \in Key : IsIn(k, used) <=> size[k] > 0
    /\ \A k \in Key : IsIn(k, used) <=> left[k] > 0

NeverTooLarge == Total(used) <= MaxSize

\* What has just been put is there, whatever else had to go.
PutIsThere == last.op = "put" => size[last.key] = last.value

\* Nothing is thrown out that would have had room.  This is about a step and not about a state, so
\* it is a property of TLC and not an invariant.
EvictsOnlyForRoom ==
    [][ last'.op = "put" =>
            \A k \in Key \ {last'.key} :
                (size[k] > 0 /\ size'[k] = 0) => Total(Without(last'.key, used)) + last'.value > MaxSize
      ]_vars

====================================================================================================
