---- MODULE Counter ----
EXTENDS Naturals, Sequences
CONSTANT N
VARIABLES count, log
Init == count = 0 /\ log = <<>>
Up == count < N /\ count' = count + 1 /\ log' = Append(log, count)
Down == count > 0 /\ count' = count - 1 /\ log' = Tail(log)
Next == Up \/ Down
Climb == Init /\ [][Up]_<<count, log>>
Cycle == count' = (count + 1) % N /\ log' = log
Spin == Init /\ [][Cycle]_<<count, log>> /\ WF_count(Cycle)
Small == count < 2
Positive == count > 0
NeverMore == [][count' < 2]_count
Arrives == <>(count = 7)
====
