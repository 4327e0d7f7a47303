---- MODULE Doubtful ----
VARIABLE x
ASSUME 1 = 2
Init == x = 1
Next == x' = x
====
