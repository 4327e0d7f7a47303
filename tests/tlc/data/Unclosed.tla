---- MODULE Unclosed ----
EXTENDS Naturals
VARIABLE count
Init == count = 0
Up == count' = (count + 1
Next == Up
====
