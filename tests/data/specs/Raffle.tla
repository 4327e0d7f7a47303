------------------------------- MODULE Raffle -------------------------------
(* Tickets in a drum. Who draws is up to the players; which ticket comes is  *)
(* up to the drum. A prize is sealed, one of the tickets drawn, and nobody   *)
(* sees which until it is opened.                                            *)
EXTENDS Naturals

CONSTANTS Tickets, Players

VARIABLES
    drum,   \* the tickets that are left
    held,   \* the tickets that each player has drawn
    sealed, \* the ticket that has won, 0 before one has; nobody sees it
    prize   \* the ticket that has won, once the prize is opened

vars == <<drum, held, sealed, prize>>

Init ==
    /\ drum = Tickets
    /\ held = [p \in Players |-> {}]
    /\ sealed = 0
    /\ prize = 0

Draw(p) ==
    /\ sealed = 0
    /\ \E t \in drum:
        /\ drum' = drum \ {t}
        /\ held' = [held EXCEPT ![p] = @ \cup {t}]
    /\ UNCHANGED <<sealed, prize>>

Seal ==
    /\ sealed = 0
    /\ drum # Tickets
    /\ \E t \in Tickets \ drum: sealed' = t
    /\ UNCHANGED <<drum, held, prize>>

Open ==
    /\ sealed # 0
    /\ prize = 0
    /\ prize' = sealed
    /\ UNCHANGED <<drum, held, sealed>>

Next == (\E p \in Players: Draw(p)) \/ Seal \/ Open
=============================================================================
