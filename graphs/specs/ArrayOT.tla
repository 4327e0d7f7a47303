------------------------------------------ MODULE ArrayOT ------------------------------------------
(**************************************************************************************************)
(* Operational transformation of arrays, as a client-server database for mobile phones does it.   *)
(*                                                                                                *)
(* THE PROBLEM.  Several clients hold a copy of one array.  Each may change its copy at once,     *)
(* even without a network, and exchanges changes with a server later.  Nobody locks anything,     *)
(* nothing is ever rolled back, and still all copies must end up equal.                           *)
(*                                                                                                *)
(* THE IDEA.  An operation says where it works by index, and an index is only good for the array  *)
(* it was meant for.  Let the array be <<"a", "b", "c">>, counted from 0, and let                 *)
(*                                                                                                *)
(*     client 1 erase index 0           giving   <<"b", "c">>                                     *)
(*     client 2 set   index 2 to "x"    giving   <<"a", "b", "x">>                                *)
(*                                                                                                *)
(* Replaying client 2's operation at client 1 as it stands is an error: there is no index 2 left. *)
(* What client 2 wanted to replace is now found at index 1.  So each operation is rewritten       *)
(* ("transformed") to take the other one into account:                                            *)
(*                                                                                                *)
(*     client 1 goes on with   set   index 1 to "x"    giving   <<"b", "x">>                      *)
(*     client 2 goes on with   erase index 0           giving   <<"b", "x">>                      *)
(*                                                                                                *)
(* That is all there is to operational transformation, OT for short: a merge rule for each pair   *)
(* of kinds of operations.  A rule is given l and r, made on equal arrays, and yields l' and r'   *)
(* such that  l, then r'  has the same effect as  r, then l'.  Drawn, the diamond must close:     *)
(*                                                                                                *)
(*                             base                                                               *)
(*                          l /    \ r                                                            *)
(*                           /      \                                                             *)
(*                           \      /                                                             *)
(*                         r' \    / l'                                                           *)
(*                             both                                                               *)
(*                                                                                                *)
(* Each rule is a few lines, each is easy to get wrong, and a wrong one shows only in some        *)
(* corner, as copies of the array that differ for good.  So we let TLC try every combination: the *)
(* invariants at the end of this module are the diamond, asked for after whole logs are merged.   *)
(*                                                                                                *)
(* WHERE IT COMES FROM.  The subject is that of the second case study in A. Jesse Jiryu Davis,    *)
(* Max Hirschhorn and Judah Schvimer, "eXtreme Modelling in Practice", VLDB 2020: the OT of       *)
(* MongoDB Realm Sync, whose C++ is realm-core's src/realm/sync/transform.cpp.  The authors       *)
(* specified the rules in TLA+ and turned TLC's state graph into 4,913 C++ test cases.  Of their  *)
(* specification two fragments were published; this module is a new one, after the public C++.    *)
(*                                                                                                *)
(* NUMBERS.  For three clients with one operation each on three elements (ot.cfg) TLC finds       *)
(*                                                                                                *)
(*     31,300 distinct states, 4,913 of them final: 17 * 17 * 17, a client having 17 choices.     *)
(*                                                                                                *)
(* A blog post on the paper says 30,184 states, and 4,913 behaviors.  We agree on the behaviors,  *)
(* and do not expect to on the states.  A state in between shows who has merged how often and     *)
(* what was dropped on the way, so their number depends on how merges are scheduled and on the    *)
(* rules as they were in 2019, and neither has been published.                                    *)
(**************************************************************************************************)

EXTENDS Integers, Sequences, TLC

CONSTANTS
    Client,               \* The clients' ids, integers; of two clients the higher id is the newer.
    ArrayLength,          \* How long the array is at the outset.
    OperationsPerClient,  \* How many operations each client performs.
    EnableSwap,           \* Is there a Swap operation?  If TRUE, TLC dies: see MergeSwapMove.
    AscendingMerges       \* Do clients merge in ascending order of their ids?  If not, in any.

ASSUME
    /\ Client \subseteq Nat \ {0}
    /\ ArrayLength \in Nat
    /\ OperationsPerClient \in Nat
    /\ EnableSwap \in BOOLEAN
    /\ AscendingMerges \in BOOLEAN

VARIABLES
    serverLog,    \* All operations the server has applied, as it applied them.
    serverState,  \* The server's array.
    clientLog,    \* clientLog[c]: what client c applied, its own operations and those it received.
    clientState,  \* clientState[c]: client c's array.
    progress      \* progress[c]: how much of either log was there when client c last merged.

vars == <<serverLog, serverState, clientLog, clientState, progress>>

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* OPERATIONS                                                                                     *)
(*                                                                                                *)
(* An operation is a record; `op` names its kind and `client` whoever performed it first, which   *)
(* is never changed by a transformation.                                                          *)
(*                                                                                                *)
(*   set     replace the element at `ndx` by `value`                                              *)
(*   insert  put `value` before the element at `ndx`; at the end if `ndx` is the array's length   *)
(*   move    take the element at `from` out, then put it where it ends up at index `to`           *)
(*   erase   remove the element at `ndx`                                                          *)
(*   clear   remove everything                                                                    *)
(*   swap    exchange the elements at `ndx_1` and `ndx_2`, where ndx_1 < ndx_2                    *)
(*                                                                                                *)
(* All but clear also carry `prior_size`, the length of the array that they are meant for.  It is *)
(* redundant, and that is its use: whoever applies an operation can tell that its transformation  *)
(* went wrong when the length is another.                                                         *)
(*                                                                                                *)
(* INDICES START AT 0, although a TLA+ sequence starts at 1.  The rules are full of comparisons   *)
(* that hinge on one, and operations are going to be compared with those of an implementation: so *)
(* the rules here read as they do there, and Apply alone adds the 1.                              *)
(**************************************************************************************************)

\* The values of elements tell where they came from: 1, 2, ... were there at the outset, and
\* whatever client c writes is ArrayLength + c.
InitialArray == [i \in 1..ArrayLength |-> i]
ValueFrom(c) == ArrayLength + c
Value        == (1..ArrayLength) \cup {ValueFrom(c) : c \in Client}

Operation ==
    [op : {"set"},    client : Client, ndx   : Nat, value : Value, prior_size : Nat] \cup
    [op : {"insert"}, client : Client, ndx   : Nat, value : Value, prior_size : Nat] \cup
    [op : {"move"},   client : Client, from  : Nat, to    : Nat,   prior_size : Nat] \cup
    [op : {"erase"},  client : Client, ndx   : Nat,                prior_size : Nat] \cup
    [op : {"clear"},  client : Client                                              ] \cup
    [op : {"swap"},   client : Client, ndx_1 : Nat, ndx_2 : Nat,   prior_size : Nat]

\* Does the operation make sense for this array?
Fits(op, array) ==
    LET size == Len(array) IN
    \/ op.op = "clear"
    \/ /\ op.prior_size = size
       /\ CASE op.op = "set"    -> op.ndx \in 0..(size - 1)
            [] op.op = "insert" -> op.ndx \in 0..size
            [] op.op = "move"   -> op.from \in 0..(size - 1) /\ op.to \in 0..(size - 1)
                                                             /\ op.from # op.to
            [] op.op = "erase"  -> op.ndx \in 0..(size - 1)
            [] op.op = "swap"   -> op.ndx_1 \in 0..(size - 1) /\ op.ndx_2 \in 0..(size - 1)
                                                              /\ op.ndx_1 < op.ndx_2

\* Arrays without the element at index i, and with a new one before index i.
RemoveAt(array, i)        == SubSeq(array, 1, i) \o SubSeq(array, i + 2, Len(array))
InsertAt(array, i, value) == SubSeq(array, 1, i) \o <<value>> \o SubSeq(array, i + 1, Len(array))

\* The array after the operation.  If it does not fit, the Assert stops TLC, with an error.
Apply(array, op) ==
    CASE ~Assert(Fits(op, array), <<"cannot apply", op, "to", array>>) -> array
      [] op.op = "set"    -> [array EXCEPT ![op.ndx + 1] = op.value]
      [] op.op = "insert" -> InsertAt(array, op.ndx, op.value)
      [] op.op = "move"   -> InsertAt(RemoveAt(array, op.from), op.to, array[op.from + 1])
      [] op.op = "erase"  -> RemoveAt(array, op.ndx)
      [] op.op = "clear"  -> <<>>
      [] op.op = "swap"   -> [array EXCEPT ![op.ndx_1 + 1] = array[op.ndx_2 + 1],
                                           ![op.ndx_2 + 1] = array[op.ndx_1 + 1]]

\* The array after a log of operations.
RECURSIVE ApplyAll(_, _)
ApplyAll(array, log) ==
    IF log = <<>> THEN array ELSE ApplyAll(Apply(array, Head(log)), Tail(log))

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* MERGE RULES, first part: what they have in common                                              *)
(*                                                                                                *)
(* The operator MergeXY takes an operation x of kind X and y of kind Y, made on the same array.   *)
(* It returns a pair <<x', y'>> of SEQUENCES: x' is to be applied after y, and y' after x.        *)
(* Nearly always either is a sequence of one.  It is empty if nothing is left to do (erasing what *)
(* the other one has erased), and in MergeSwapMove it can be longer.                              *)
(*                                                                                                *)
(* TIES.  Often the indices settle what has to be done.  But when two clients insert at the same  *)
(* index, one element must come first, and it does not matter which, provided that everybody      *)
(* picks the same.  Something that all agree on must break the tie, so it can be nothing like     *)
(* "mine first" or "the server's first".  The implementation compares the times of the two        *)
(* operations and then the ids of the clients.  Here is no time, and the ids do: the higher one   *)
(* is newer.  That is total, for a client never merges its own operations with each other.  (It   *)
(* is also why Client must not be declared a symmetry set to TLC: renaming clients decides ties   *)
(* differently.)                                                                                  *)
(*                                                                                                *)
(* In the rules f, t and g, u are the `from` and `to` of moves, and other letters are indices.    *)
(* Primes being taken in TLA+, f1 is f after a first step, f2 after a second one.                 *)
(**************************************************************************************************)

Keep(op) == <<op>>
Drop     == <<>>

Newer(x, y) == x.client > y.client

\* Of two operations that cannot both have their way the newer one wins.
KeepNewer(x, y) == IF Newer(x, y) THEN <<Keep(x), Drop>> ELSE <<Drop, Keep(y)>>

\* A move that does not get anywhere is dropped.
KeepMove(move) == IF move.from = move.to THEN Drop ELSE Keep(move)

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* MERGE RULES, second part: Set                                                                  *)
(*                                                                                                *)
(* A set changes no index, so whatever it meets remains as it was.  The set itself follows its    *)
(* element to wherever the other operation has put it.                                            *)
(**************************************************************************************************)

\* The newer value stays.  The older set has nothing to do where the newer one already is.
MergeSetSet(x, y) ==
    IF x.ndx = y.ndx THEN KeepNewer(x, y) ELSE <<Keep(x), Keep(y)>>

\* An insert shifts what is right of it.  In <<"a", "b">> insert "n" at 1 || set 1 to "x" becomes
\* set 2 to "x", for <<"a", "n", "x">>.
MergeInsertSet(insert, set) ==
    LET i == insert.ndx
        j == set.ndx
    IN  <<Keep(insert),
          Keep([set EXCEPT !.ndx = IF j >= i THEN j + 1 ELSE j, !.prior_size = @ + 1])>>

\* Taking the element out closes a gap at f, putting it back opens one at t.
MergeMoveSet(move, set) ==
    LET f  == move.from
        t  == move.to
        j  == set.ndx
        j1 == IF j > f THEN j - 1 ELSE j
        j2 == IF j1 >= t THEN j1 + 1 ELSE j1
    IN  <<Keep(move), Keep([set EXCEPT !.ndx = IF j = f THEN t ELSE j2])>>

\* An erased element cannot be set any more, whichever of the two is newer.
MergeEraseSet(erase, set) ==
    LET i == erase.ndx
        j == set.ndx
    IN  <<Keep(erase),
          IF j = i THEN Drop
          ELSE Keep([set EXCEPT !.ndx = IF j > i THEN j - 1 ELSE j, !.prior_size = @ - 1])>>

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* MERGE RULES, third part: Insert                                                                *)
(*                                                                                                *)
(* An insert is never lost, except to a clear.  It names the gap between two elements, and two    *)
(* operations that put something into the same gap are tied.                                      *)
(**************************************************************************************************)

\* Whichever is on the right makes room.  In a tie that is the newer one, so the older comes first.
MergeInsertInsert(x, y) ==
    LET i       == x.ndx
        j       == y.ndx
        xOnLeft == i < j \/ (i = j /\ Newer(y, x))
    IN  <<Keep([x EXCEPT !.ndx = IF xOnLeft THEN i ELSE i + 1, !.prior_size = @ + 1]),
          Keep([y EXCEPT !.ndx = IF xOnLeft THEN j + 1 ELSE j, !.prior_size = @ + 1])>>

(**************************************************************************************************)
(* A move is an erase with an insert after it, and the two steps of the rule see to one each.     *)
(*                                                                                                *)
(*   1. The erase against the insert: an element inserted right of f loses a neighbor on its      *)
(*      left, while one at f or left of it pushes the element to be moved to the right.           *)
(*   2. The insert that is the end of the move against the other insert.                          *)
(*                                                                                                *)
(* The tie of step 2 goes AGAINST those of the other rules: the older one makes room, so the      *)
(* newer comes first.  So it is in the implementation, whose own comment there says the opposite. *)
(* It does no harm: what matters about a tie is only that everybody breaks it in the same way.    *)
(**************************************************************************************************)
MergeMoveInsert(move, insert) ==
    LET f  == move.from
        t  == move.to
        i  == insert.ndx

        f1 == IF i > f THEN f     ELSE f + 1
        i1 == IF i > f THEN i - 1 ELSE i

        moveOnLeft == t < i1 \/ (t = i1 /\ Newer(move, insert))

        t2 == IF moveOnLeft THEN t      ELSE t + 1
        i2 == IF moveOnLeft THEN i1 + 1 ELSE i1

    IN  <<Keep([move EXCEPT !.from = f1, !.to = t2, !.prior_size = @ + 1]),
          Keep([insert EXCEPT !.ndx = i2])>>

\* An insert right before the erased element is no tie: the element moves on, and then it is erased.
MergeEraseInsert(erase, insert) ==
    LET i == erase.ndx
        j == insert.ndx
    IN  <<Keep([erase  EXCEPT !.ndx = IF j <= i THEN i + 1 ELSE i, !.prior_size = @ + 1]),
          Keep([insert EXCEPT !.ndx = IF j <= i THEN j ELSE j - 1, !.prior_size = @ - 1])>>

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* MERGE RULES, fourth part: Move                                                                 *)
(**************************************************************************************************)

(**************************************************************************************************)
(* If both move the same element, it goes where the newer says, from where the older has put it.  *)
(* For example 0 -> 1 by client 1 meets 0 -> 2 by client 2: client 1 goes on with 1 -> 2, and     *)
(* client 2 does nothing.                                                                         *)
(*                                                                                                *)
(* If they move different elements, there are the four ways in which two pairs of erase and       *)
(* insert can meet:                                                                               *)
(*                                                                                                *)
(*   1. erase and erase                3. x's erase and y's insert                                *)
(*   2. x's insert and y's erase       4. insert and insert: the newer makes room in a tie        *)
(*                                                                                                *)
(* Each step counts on the indices that the one before has left.  What comes out may start where  *)
(* it ends.  In <<"a", "b">>, if the newer client moves 0 -> 1 and the older 1 -> 0, it is one    *)
(* wish said in two ways, and both are dropped.  (With the ages the other way round they undo     *)
(* each other, by the tie of step 4.)                                                             *)
(**************************************************************************************************)
MergeMoveMove(x, y) ==
    LET f == x.from
        t == x.to
        g == y.from
        u == y.to

        \* Step 1
        f1 == IF f > g THEN f - 1 ELSE f
        g1 == IF g > f THEN g - 1 ELSE g

        \* Step 2
        t2 == IF t > g1 THEN t - 1 ELSE t
        g2 == IF t > g1 THEN g1    ELSE g1 + 1

        \* Step 3
        u3 == IF u > f1 THEN u - 1 ELSE u
        f3 == IF u > f1 THEN f1    ELSE f1 + 1

        \* Step 4
        xOnLeft == t2 < u3 \/ (t2 = u3 /\ Newer(y, x))
        t4 == IF xOnLeft THEN t2     ELSE t2 + 1
        u4 == IF xOnLeft THEN u3 + 1 ELSE u3

    IN  IF f = g
        THEN IF Newer(x, y) THEN <<KeepMove([x EXCEPT !.from = u]), Drop>>
                            ELSE <<Drop, KeepMove([y EXCEPT !.from = t])>>
        ELSE <<KeepMove([x EXCEPT !.from = f3, !.to = t4]),
               KeepMove([y EXCEPT !.from = g2, !.to = u4])>>

\* Erasing beats moving: the erase chases its element.  Other elements see both steps of the move.
MergeEraseMove(erase, move) ==
    LET i  == erase.ndx
        f  == move.from
        t  == move.to

        i1 == IF i > f THEN i - 1 ELSE i
        f1 == IF i > f THEN f     ELSE f - 1

        i2 == IF i1 >= t THEN i1 + 1 ELSE i1
        t2 == IF i1 >= t THEN t      ELSE t - 1

    IN  IF i = f
        THEN <<Keep([erase EXCEPT !.ndx = t]), Drop>>
        ELSE <<Keep([erase EXCEPT !.ndx = i2]),
               KeepMove([move EXCEPT !.from = f1, !.to = t2, !.prior_size = @ - 1])>>

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* MERGE RULES, fifth part: Erase and Clear                                                       *)
(**************************************************************************************************)

\* What both have erased neither needs to erase again.
MergeEraseErase(x, y) ==
    LET i == x.ndx
        j == y.ndx
    IN  IF i = j
        THEN <<Drop, Drop>>
        ELSE <<Keep([x EXCEPT !.ndx = IF i > j THEN i - 1 ELSE i, !.prior_size = @ - 1]),
               Keep([y EXCEPT !.ndx = IF j > i THEN j - 1 ELSE j, !.prior_size = @ - 1])>>

\* A clear needs no changing, and leaves nothing for anyone else to change.
MergeClearSet(clear, set)       == <<Keep(clear), Drop>>
MergeClearInsert(clear, insert) == <<Keep(clear), Drop>>
MergeClearMove(clear, move)     == <<Keep(clear), Drop>>
MergeClearErase(clear, erase)   == <<Keep(clear), Drop>>

\* Either would do, none would do as well.  The implementation has the newer one sent on.
MergeClearClear(x, y) == KeepNewer(x, y)

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* MERGE RULES, sixth part: Swap, the operation that did not survive                              *)
(*                                                                                                *)
(* THIS PART IS A RECONSTRUCTION.  No public copy of the old rules for swap seems to exist.  The  *)
(* paper says this much: when the authors had TLC check the merging of a swap with a move, TLC    *)
(* ran out of stack, and they found that the C++ function, too, would never return.  Swap was     *)
(* thereupon deprecated, and left out of the specification and of the tests.  The six rules here  *)
(* are ours: five are plain, and the one for a move fails in the way that was told.               *)
(**************************************************************************************************)

\* The two ways of writing a swap: in ascending order, as everybody expects, ...
SwapOf(op, i, j) ==
    [op |-> "swap", client |-> op.client, ndx_1 |-> IF i < j THEN i ELSE j,
                                          ndx_2 |-> IF i < j THEN j ELSE i,
                                          prior_size |-> op.prior_size]

\* ... and as moves: the right one moves to the left, then the left one, pushed by it, to the right.
MoveOf(op, f, t) ==
    [op |-> "move", client |-> op.client, from |-> f, to |-> t, prior_size |-> op.prior_size]

SwapAsMoves(swap) ==
    LET a == swap.ndx_1
        b == swap.ndx_2
    IN  <<MoveOf(swap, b, a)>> \o (IF b = a + 1 THEN <<>> ELSE <<MoveOf(swap, a + 1, b)>>)

\* Where the element at index i is after the swap.
Exchanged(swap, i) ==
    CASE i = swap.ndx_1 -> swap.ndx_2
      [] i = swap.ndx_2 -> swap.ndx_1
      [] i \notin {swap.ndx_1, swap.ndx_2} -> i

MergeSwapSet(swap, set) ==
    <<Keep(swap), Keep([set EXCEPT !.ndx = Exchanged(swap, set.ndx)])>>

MergeSwapInsert(swap, insert) ==
    LET After(i) == IF i >= insert.ndx THEN i + 1 ELSE i
    IN  <<Keep([swap EXCEPT !.ndx_1 = After(@), !.ndx_2 = After(@), !.prior_size = @ + 1]),
          Keep(insert)>>

\* Of two elements to be exchanged one is gone; the other one still goes where it was sent.
MergeSwapErase(swap, erase) ==
    LET a == swap.ndx_1
        b == swap.ndx_2
        i == erase.ndx
        After(k)      == IF k > i THEN k - 1 ELSE k
        AsMove(f, t)  == KeepMove([MoveOf(swap, f, t) EXCEPT !.prior_size = @ - 1])
    IN  CASE i = a -> <<AsMove(b - 1, a), Keep([erase EXCEPT !.ndx = b])>>
          [] i = b -> <<AsMove(a, b - 1), Keep([erase EXCEPT !.ndx = a])>>
          [] i \notin {a, b} ->
                <<Keep([swap EXCEPT !.ndx_1 = After(@), !.ndx_2 = After(@), !.prior_size = @ - 1]),
                  Keep(erase)>>

\* Two swaps of the same pair are one wish.  Otherwise the older one follows its elements, and with
\* that the newer need not change.
MergeSwapSwap(x, y) ==
    LET Follow(older, newer) == SwapOf(older, Exchanged(newer, older.ndx_1),
                                              Exchanged(newer, older.ndx_2))
    IN  IF x.ndx_1 = y.ndx_1 /\ x.ndx_2 = y.ndx_2
        THEN <<Drop, Drop>>
        ELSE IF Newer(x, y) THEN <<Keep(x), Keep(Follow(y, x))>>
                            ELSE <<Keep(Follow(x, y)), Keep(y)>>

MergeClearSwap(clear, swap) == <<Keep(clear), Drop>>

(**************************************************************************************************)
(* The rule that never ends.  It sounds reasonable: a swap is rewritten as moves, for which there *)
(* is a rule; a move to the next index is an exchange of neighbors, so it is rewritten as a swap, *)
(* which has the simpler rules; and the two are merged again.  Each half is right.  Together they *)
(* trade places for ever:                                                                         *)
(*                                                                                                *)
(*     swap 0, 1     ||  move 1 -> 2                                                              *)
(*     move 1 -> 0   ||  swap 1, 2                                                                *)
(*     swap 0, 1     ||  move 2 -> 1                                                              *)
(*     move 1 -> 0   ||  swap 1, 2       and so on                                                *)
(*                                                                                                *)
(* TLC evaluates this until its stack is full, and ends with a StackOverflowError.  That is a     *)
(* dire way to learn of it, so the rule has TLC print the pair whenever it is entered.  A move by *)
(* more than one index is not rewritten, and merging it ends.                                     *)
(**************************************************************************************************)
RECURSIVE MergeLogs(_, _)

MergeSwapMove(swap, move) ==
    LET isExchange == move.from - move.to \in {1, -1}
        moveAgain  == IF isExchange THEN SwapOf(move, move.from, move.to) ELSE move
    IN  CASE PrintT(<<"merging", swap, move>>) -> MergeLogs(SwapAsMoves(swap), <<moveAgain>>)

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* MERGING LOGS                                                                                   *)
(**************************************************************************************************)

(**************************************************************************************************)
(* The rule for two operations.  As a pair of kinds has one rule and not two, the one whose kind  *)
(* comes later in this ranking is put on the left.  With that, the CASE covers everything, and    *)
(* has no OTHER on purpose: should a rule be missing, TLC is to say so.                           *)
(**************************************************************************************************)
Rank(op) == [set |-> 1, insert |-> 2, move |-> 3, erase |-> 4, swap |-> 5, clear |-> 6][op.op]

RECURSIVE Merge(_, _)
Merge(x, y) ==
    IF Rank(x) < Rank(y) THEN LET merged == Merge(y, x) IN <<merged[2], merged[1]>>
    ELSE CASE x.op = "set"    /\ y.op = "set"    -> MergeSetSet(x, y)

           [] x.op = "insert" /\ y.op = "set"    -> MergeInsertSet(x, y)
           [] x.op = "insert" /\ y.op = "insert" -> MergeInsertInsert(x, y)

           [] x.op = "move"   /\ y.op = "set"    -> MergeMoveSet(x, y)
           [] x.op = "move"   /\ y.op = "insert" -> MergeMoveInsert(x, y)
           [] x.op = "move"   /\ y.op = "move"   -> MergeMoveMove(x, y)

           [] x.op = "erase"  /\ y.op = "set"    -> MergeEraseSet(x, y)
           [] x.op = "erase"  /\ y.op = "insert" -> MergeEraseInsert(x, y)
           [] x.op = "erase"  /\ y.op = "move"   -> MergeEraseMove(x, y)
           [] x.op = "erase"  /\ y.op = "erase"  -> MergeEraseErase(x, y)

           [] x.op = "swap"   /\ y.op = "set"    -> MergeSwapSet(x, y)
           [] x.op = "swap"   /\ y.op = "insert" -> MergeSwapInsert(x, y)
           [] x.op = "swap"   /\ y.op = "move"   -> MergeSwapMove(x, y)
           [] x.op = "swap"   /\ y.op = "erase"  -> MergeSwapErase(x, y)
           [] x.op = "swap"   /\ y.op = "swap"   -> MergeSwapSwap(x, y)

           [] x.op = "clear"  /\ y.op = "set"    -> MergeClearSet(x, y)
           [] x.op = "clear"  /\ y.op = "insert" -> MergeClearInsert(x, y)
           [] x.op = "clear"  /\ y.op = "move"   -> MergeClearMove(x, y)
           [] x.op = "clear"  /\ y.op = "erase"  -> MergeClearErase(x, y)
           [] x.op = "clear"  /\ y.op = "swap"   -> MergeClearSwap(x, y)
           [] x.op = "clear"  /\ y.op = "clear"  -> MergeClearClear(x, y)

(**************************************************************************************************)
(* Two logs that start from the same array are merged by laying diamonds side by side.  Here left *)
(* is <<l, ...>> and right is <<r, s>>:                                                           *)
(*                                                                                                *)
(*                       r         s                                                              *)
(*                  .--------.--------.           top     the diamond of l and r                  *)
(*                l |  top   | across |           across  what is left of l meets the rest of     *)
(*                  |---r'---|---s'---|                   right                                   *)
(*              ... |      below      |           below   the rest of left meets all of right, as *)
(*                  '-----------------'                   it is after l                           *)
(*                                                                                                *)
(* What comes out on the right edge is the new left, and what comes out at the bottom is the new  *)
(* right.  A rule's sequences are logs as well, so a dropped operation or one that has turned     *)
(* into two needs no special care.                                                                *)
(**************************************************************************************************)
MergeLogs(left, right) ==
    IF left = <<>> \/ right = <<>> THEN <<left, right>>
    ELSE LET top    == Merge(Head(left), Head(right))
             across == MergeLogs(top[1], Tail(right))
             below  == MergeLogs(Tail(left), top[2] \o across[2])
         IN  <<across[1] \o below[1], below[2]>>

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* CLIENTS AND SERVER                                                                             *)
(*                                                                                                *)
(* Since all combinations are to be tried, and not all timings, the order of events is fixed:     *)
(*                                                                                                *)
(*   1. All clients perform their operations, client by client in ascending order of their ids.   *)
(*   2. They merge.  It is always the turn of the lowest id that has anything to merge: with      *)
(*      three clients 1, 2, 1, 3, 1, 2, or fewer if what one of them has to offer gets dropped.   *)
(*                                                                                                *)
(* Performing operations in another order leads to the same copies before the first merge, and so *)
(* to the same tests, found by several paths.  The order of merges is another matter: some        *)
(* combinations of operations end in another array then, and rules meet the older operation on    *)
(* their other side.  In any order all copies agree: with AscendingMerges = FALSE any client that *)
(* has something to merge may be the next, and TLC checks it (ot2-orders.cfg).  Three clients are *)
(* needed for a client to merge its operation both with an earlier and with a later one.          *)
(*                                                                                                *)
(* The order is part of when an action is enabled, not a constraint given to TLC, so no state is  *)
(* left halfway.  The behaviors form a tree: a final state stands for one test, and its way from  *)
(* the root is that test's story.                                                                 *)
(**************************************************************************************************)

\* Of client c's log, the operations it has performed itself.
Own(c) == LET IsOwn(op) == op.client = c IN SelectSeq(clientLog[c], IsOwn)

HasPerformed(c) == Len(Own(c)) = OperationsPerClient
AllPerformed    == \A c \in Client : HasPerformed(c)

\* What the server has, and what client c has, that the other one has not seen yet.
Unmerged(c) ==
    <<SubSeq(serverLog,    progress[c].serverVersion + 1, Len(serverLog)),
      SubSeq(clientLog[c], progress[c].clientVersion + 1, Len(clientLog[c]))>>

HasUnmerged(c) == Unmerged(c) # <<<<>>, <<>>>>

Init ==
    /\ serverLog   = <<>>
    /\ serverState = InitialArray
    /\ clientLog   = [c \in Client |-> <<>>]
    /\ clientState = [c \in Client |-> InitialArray]
    /\ progress    = [c \in Client |-> [serverVersion |-> 0, clientVersion |-> 0]]

\* Client c may perform an operation now.
MayPerform(c) ==
    /\ ~HasPerformed(c)
    /\ \A d \in Client : d < c => HasPerformed(d)

Perform(c, op) ==
    /\ clientLog'   = [clientLog   EXCEPT ![c] = Append(@, op)]
    /\ clientState' = [clientState EXCEPT ![c] = Apply(@, op)]
    /\ UNCHANGED <<serverLog, serverState, progress>>

Size(c) == Len(clientState[c])

Set(c, i) ==
    /\ MayPerform(c)
    /\ i < Size(c)
    /\ Perform(c, [op |-> "set", client |-> c, ndx |-> i, value |-> ValueFrom(c),
                   prior_size |-> Size(c)])

Insert(c, i) ==
    /\ MayPerform(c)
    /\ i <= Size(c)
    /\ Perform(c, [op |-> "insert", client |-> c, ndx |-> i, value |-> ValueFrom(c),
                   prior_size |-> Size(c)])

Move(c, f, t) ==
    /\ MayPerform(c)
    /\ f < Size(c) /\ t < Size(c) /\ f # t
    /\ Perform(c, [op |-> "move", client |-> c, from |-> f, to |-> t, prior_size |-> Size(c)])

Erase(c, i) ==
    /\ MayPerform(c)
    /\ i < Size(c)
    /\ Perform(c, [op |-> "erase", client |-> c, ndx |-> i, prior_size |-> Size(c)])

Clear(c) ==
    /\ MayPerform(c)
    /\ Perform(c, [op |-> "clear", client |-> c])

Swap(c, i, j) ==
    /\ EnableSwap
    /\ MayPerform(c)
    /\ i < j /\ j < Size(c)
    /\ Perform(c, [op |-> "swap", client |-> c, ndx_1 |-> i, ndx_2 |-> j, prior_size |-> Size(c)])

(**************************************************************************************************)
(* Client c and the server exchange news, in one step: up goes what the client has performed,     *)
(* down comes what the server has had from others, and each applies what the other's operations   *)
(* have become.                                                                                   *)
(*                                                                                                *)
(* Each of them computes that for itself, with its own log on the left.  This is where the ties   *)
(* matter: were Newer(x, y) replaced by TRUE, which is to say "mine", the two would not agree.    *)
(*                                                                                                *)
(* The logs keep operations in the form in which they were applied, so nobody need ever look      *)
(* behind this point again.                                                                       *)
(**************************************************************************************************)
MergeAction(c) ==
    /\ AllPerformed
    /\ HasUnmerged(c)
    /\ AscendingMerges => \A d \in Client : d < c => ~HasUnmerged(d)
    /\ LET unmerged == Unmerged(c)
           theirs   == unmerged[1]                     \* theirs and mine as client c sees it
           mine     == unmerged[2]
           down     == MergeLogs(mine, theirs)[2]      \* what client c makes of the server's news
           up       == MergeLogs(theirs, mine)[2]      \* what the server makes of client c's news
       IN  /\ serverLog'   = serverLog \o up
           /\ serverState' = ApplyAll(serverState, up)
           /\ clientLog'   = [clientLog   EXCEPT ![c] = @ \o down]
           /\ clientState' = [clientState EXCEPT ![c] = ApplyAll(@, down)]
           /\ progress'    = [progress    EXCEPT ![c] = [serverVersion |-> Len(serverLog'),
                                                         clientVersion |-> Len(clientLog'[c])]]

\* Every index that a client could use.  (Asking for those of the array as it is would keep TLC from
\* telling the actions apart, and it would label all steps "Next".)
Index == 0..(ArrayLength + OperationsPerClient - 1)

Next ==
    \/ \E c \in Client, i \in Index    : Set(c, i)
    \/ \E c \in Client, i \in Index    : Insert(c, i)
    \/ \E c \in Client, f, t \in Index : Move(c, f, t)
    \/ \E c \in Client, i \in Index    : Erase(c, i)
    \/ \E c \in Client                 : Clear(c)
    \/ \E c \in Client, i, j \in Index : Swap(c, i, j)
    \/ \E c \in Client                 : MergeAction(c)

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* INVARIANTS                                                                                     *)
(**************************************************************************************************)

TypeOK ==
    /\ serverLog   \in Seq(Operation)
    /\ serverState \in Seq(Value)
    /\ DOMAIN clientLog   = Client /\ \A c \in Client : clientLog[c]   \in Seq(Operation)
    /\ DOMAIN clientState = Client /\ \A c \in Client : clientState[c] \in Seq(Value)
    /\ DOMAIN progress    = Client
    /\ \A c \in Client : progress[c] \in [serverVersion : 0..Len(serverLog),
                                          clientVersion : 0..Len(clientLog[c])]

\* All that OT promises: copies may differ only as long as there is something left to exchange.
HaveUnmergedChangesOrAreConsistent ==
    \/ \E c \in Client : HasUnmerged(c)
    \/ \A c, d \in Client : clientState[c] = clientState[d]

\* The same of final states, with the server's copy counted in.
Convergence ==
    (AllPerformed /\ \A c \in Client : ~HasUnmerged(c))
        => \A c \in Client : clientState[c] = serverState

\* The logs tell the truth: replaying one gives the array beside it.  As Apply looks at prior_size,
\* this also says that every operation met an array of the length it expected.
LogsExplainStates ==
    /\ serverState = ApplyAll(InitialArray, serverLog)
    /\ \A c \in Client : clientState[c] = ApplyAll(InitialArray, clientLog[c])

====================================================================================================
