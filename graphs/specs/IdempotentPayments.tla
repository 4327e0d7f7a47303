------------------------------------ MODULE IdempotentPayments -------------------------------------
(**************************************************************************************************)
(* Paying once, over a network that loses answers.                                                *)
(*                                                                                                *)
(* THE PROBLEM.  A client asks a service to charge a card, and no answer comes.  Has the card     *)
(* been charged, and the answer got lost, or did the service die before?  The client cannot       *)
(* know.  If it asks again, the card may be charged twice; if it does not, perhaps never.         *)
(*                                                                                                *)
(* THE REMEDY.  The client sends a key of its own choice along, the same one whenever it asks     *)
(* again.  The service remembers keys (after draft-ietf-httpapi-idempotency-key-header):          *)
(*                                                                                                *)
(*     a key that it has not seen          charge, then answer 201 with the payment               *)
(*     one that it is busy with            409, conflict: ask later                               *)
(*     one that it is done with            the first answer once more, and no charge              *)
(*     a known one with another amount     422: this cannot be the same request                   *)
(*                                                                                                *)
(* THE CRASH.  Between the charge and the answer the service may die.  So the charge and the      *)
(* answer to be repeated must become durable in ONE transaction.  What it was busy with before    *)
(* that must be forgotten with it, or the client would be told 409 forever.                       *)
(*                                                                                                *)
(*     payments.cfg              Atomic = TRUE    all invariants hold                             *)
(*     payments-torn-check.cfg   Atomic = FALSE   the answer is stored when it is sent: ChargedOnce *)
(*                                                is violated in five steps                       *)
(*                                                                                                *)
(* LEFT OUT.  Keys that are forgotten after a time, charges that fail, and several servers.       *)
(**************************************************************************************************)

EXTENDS Integers, Sequences

CONSTANTS
    Key,        \* Strings.
    Amount,     \* Integers.
    Requests,   \* How many the client sends in all.
    Crashes,    \* How often the service may die.
    Atomic      \* Are the charge and the answer stored in one transaction?

ASSUME
    /\ Requests \in Nat \ {0}
    /\ Crashes \in Nat
    /\ Atomic \in BOOLEAN

(**************************************************************************************************)
(* VARIABLES                                                                                      *)
(*                                                                                                *)
(* What can be seen from outside:                                                                 *)
(*                                                                                                *)
(*   requests  What the client has sent, in that order, each with its answer: the status and the  *)
(*             number of the payment, 0 if there is none.  The status is 0 as long as there is no *)
(*             answer, and -1 if the connection was lost.                                         *)
(*   ledger    The charges, in that order.                                                        *)
(*   crashes   How often the service has died.                                                    *)
(*                                                                                                *)
(* Inside the service:                                                                            *)
(*                                                                                                *)
(*   busy      busy[k]: the number of the request that it works on, 0 if none.  Not durable.      *)
(*   charged   charged[k]: the same request's payment, as soon as it is in the ledger.  Not       *)
(*             durable.                                                                           *)
(*   stored    stored[k]: what is to be answered, durably: amount and payment, both 0 if nothing. *)
(**************************************************************************************************)
VARIABLES requests, ledger, crashes, busy, charged, stored

vars == <<requests, ledger, crashes, busy, charged, stored>>

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* ACTIONS                                                                                        *)
(**************************************************************************************************)

Nothing == [amount |-> 0, payment |-> 0]

Init ==
    /\ requests = <<>>
    /\ ledger   = <<>>
    /\ crashes  = 0
    /\ busy     = [k \in Key |-> 0]
    /\ charged  = [k \in Key |-> 0]
    /\ stored   = [k \in Key |-> Nothing]

Request(k, a, status, payment) == [key |-> k, amount |-> a, status |-> status, payment |-> payment]

\* The client sends a request, and the service takes note of it: it answers at once, or begins.
Send(k, a) ==
    LET n == Len(requests) + 1
        Reply(status, payment) ==
            /\ requests' = Append(requests, Request(k, a, status, payment))
            /\ UNCHANGED busy
    IN
    /\ Len(requests) < Requests
    /\ CASE stored[k] # Nothing ->
                IF stored[k].amount = a THEN Reply(201, stored[k].payment) ELSE Reply(422, 0)
         [] stored[k] = Nothing /\ busy[k] # 0 ->
                IF requests[busy[k]].amount = a THEN Reply(409, 0) ELSE Reply(422, 0)
         [] OTHER ->
                /\ requests' = Append(requests, Request(k, a, 0, 0))
                /\ busy' = [busy EXCEPT ![k] = n]
    /\ UNCHANGED <<ledger, crashes, charged, stored>>

\* The service charges the card for the request it is busy with, and, if that is atomic, stores what
\* it is going to answer.
Charge(k) ==
    /\ busy[k] # 0
    /\ charged[k] = 0
    /\ LET a == requests[busy[k]].amount
           payment == Len(ledger) + 1
       IN
       /\ ledger' = Append(ledger, [key |-> k, amount |-> a])
       /\ charged' = [charged EXCEPT ![k] = payment]
       /\ stored' = IF Atomic THEN [stored EXCEPT ![k] = [amount |-> a, payment |-> payment]] ELSE stored
    /\ UNCHANGED <<requests, crashes, busy>>

\* The answer reaches the client.
Answer(k) ==
    /\ charged[k] # 0
    /\ LET a == requests[busy[k]].amount IN
       /\ requests' = [requests EXCEPT ![busy[k]] = Request(k, a, 201, charged[k])]
       /\ stored' = [stored EXCEPT ![k] = [amount |-> a, payment |-> charged[k]]]
    /\ busy' = [busy EXCEPT ![k] = 0]
    /\ charged' = [charged EXCEPT ![k] = 0]
    /\ UNCHANGED <<ledger, crashes>>

\* The service dies and is started again.  Those who wait for an answer are told so by the network.
Crash ==
    /\ crashes < Crashes
    /\ \E k \in Key : busy[k] # 0
    /\ crashes' = crashes + 1
    /\ requests' = [i \in DOMAIN requests |->
                       IF requests[i].status = 0 THEN [requests[i] EXCEPT !.status = -1] ELSE requests[i]]
    /\ busy' = [k \in Key |-> 0]
    /\ charged' = [k \in Key |-> 0]
    /\ UNCHANGED <<ledger, stored>>

Next ==
    \/ \E k \in Key, a \in Amount : Send(k, a)
    \/ \E k \in Key               : Charge(k)
    \/ \E k \in Key               : Answer(k)
    \/ Crash

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------------------------------
(**************************************************************************************************)
(* INVARIANTS                                                                                     *)
(**************************************************************************************************)

TypeOK ==
    /\ requests \in Seq([key : Key, amount : Amount, status : {-1, 0, 201, 409, 422}, payment : Nat])
    /\ ledger \in Seq([key : Key, amount : Amount])
    /\ crashes \in 0..Crashes
    /\ busy \in [Key -> 0..Requests]
    /\ charged \in [Key -> 0..Requests]
    /\ stored \in [Key -> [amount : Amount \cup {0}, payment : 0..Requests]]

\* What it is all about.
ChargedOnce == \A i, j \in DOMAIN ledger : ledger[i].key = ledger[j].key => i = j

\* Whoever is told of a payment finds it in the ledger, with what was asked for.
AnswersAreTrue ==
    \A i \in DOMAIN requests :
        requests[i].status = 201 =>
            /\ requests[i].payment \in DOMAIN ledger
            /\ ledger[requests[i].payment] = [key |-> requests[i].key, amount |-> requests[i].amount]

\* Nobody is left alone: who has no answer yet is being worked for.
NobodyIsForgotten ==
    \A i \in DOMAIN requests : requests[i].status = 0 => busy[requests[i].key] = i

====================================================================================================
