"""Ready-made parts for bindings whose system is another process: started, talked to, and never left behind.

`Service` is a server with a port, `Dialogue` a program that answers line by line, `wait_for` a wait with a deadline and
words; `testgen.systems.web` has HTTP, which needs urllib3. Knows no binding, no specification, no particular system.
"""

from testgen.systems.dialogue import Dialogue
from testgen.systems.process import ChildProcess
from testgen.systems.service import Service
from testgen.systems.waiting import WaitTimeout, wait_for

__all__ = ["ChildProcess", "Dialogue", "Service", "WaitTimeout", "wait_for"]
