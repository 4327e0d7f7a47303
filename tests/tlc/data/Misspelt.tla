---- MODULE Misspelt ----
EXTENDS Naturals
VARIABLE count
Init == count = 0
Next == count' = countt + 1 /\ Foo(2)
====
