"""The server for handwritten tests of transactions: the binding that drives it for the generated ones.

A baseline for generated tests, as those of array merging are: what an engineer writes who knows what snapshot isolation
promises. The binding serves as a driver only; what is expected is written by hand.
"""

from __future__ import annotations

from testgen.bindings.mongo_transactions import Transactions
from testgen.runtime import binding_fixture
from testgen.runtime.recording import recorded

server = binding_fixture(recorded(Transactions))
