---- MODULE Probe ----
EXTENDS Naturals, Sequences, FiniteSets
CONSTANTS m1, m2
VARIABLES x, log, seen
Init == x \in 0..1 /\ log = <<>> /\ seen = {}
Put(m) == Len(log) < 3 /\ log' = Append(log, [who |-> m, at |-> x]) /\ seen' = seen \cup {m} /\ UNCHANGED x
Flip == x' = 1 - x /\ UNCHANGED <<log, seen>>
Turn == x' = 1 - x /\ UNCHANGED <<log, seen>>
Clear == log # <<>> /\ log' = <<>> /\ seen' = {} /\ UNCHANGED x
Stay == Len(log) = 3 /\ UNCHANGED <<x, log, seen>>
Next == (\E m \in {m1, m2} : Put(m)) \/ Flip \/ Turn \/ Clear \/ Stay
====
