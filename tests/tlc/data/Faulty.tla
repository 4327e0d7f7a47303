---- MODULE Faulty ----
EXTENDS Naturals, Sequences, TLC
VARIABLE count
RECURSIVE Merge(_, _), Deep(_)
Merge(a, b) == PrintT(<<"merging", a, b>>) /\ Merge(b, a)
Deep(n) == IF n = 0 THEN 0 ELSE 1 + Deep(n - 1)
Third(s) == s[3]
Init == count = 0
None == count = 0 /\ count = 1
Up == count < 2 /\ count' = count + 1
Fail == count' = IF count < 2 THEN count + 1 ELSE Third(<<1, 2>>)
Insist == count' = count + 1 /\ Assert(count < 2, "count too large")
Join == count = 2 /\ Merge([op |-> "swap"], [op |-> "move"]) /\ count' = 7
Dive == count = 2 /\ count' = Deep(1000)
Hog == count' = Len([i \in 1..3000000 |-> count])
Endless == count' = count + 1 /\ count < 2000000000
NextJoin == Up \/ Join
NextDive == Up \/ Dive
====
