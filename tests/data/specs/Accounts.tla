------------------------------ MODULE Accounts ------------------------------
(* Accounts with passwords. All that was asked and answered is kept, so the  *)
(* graph is a tree: its behaviors part and never meet.                       *)
EXTENDS Naturals, Sequences

CONSTANTS Users, Passwords, MaxSteps

VARIABLES
    secrets, \* each user's password, "" without an account
    log      \* what was asked and answered, oldest first

Init ==
    /\ secrets = [u \in Users |-> ""]
    /\ log = <<>>

Answer(arguments, word) ==
    /\ Len(log) < MaxSteps
    /\ log' = Append(log, [arguments |-> arguments, answer |-> word])

Register(u, p) ==
    /\ secrets[u] = ""
    /\ secrets' = [secrets EXCEPT ![u] = p]
    /\ Answer(<<u, p>>, "registered")

Login(u, p) ==
    /\ secrets[u] # ""
    /\ Answer(<<u, p>>, IF secrets[u] = p THEN "welcome" ELSE "refused")
    /\ UNCHANGED secrets

Change(u, p, q) ==
    /\ secrets[u] # ""
    /\ p # q
    /\ secrets' = IF secrets[u] = p THEN [secrets EXCEPT ![u] = q] ELSE secrets
    /\ Answer(<<u, p, q>>, IF secrets[u] = p THEN "changed" ELSE "refused")

Next == \E u \in Users, p, q \in Passwords: Register(u, p) \/ Login(u, p) \/ Change(u, p, q)
=============================================================================
