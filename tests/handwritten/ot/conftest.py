"""What the handwritten tests of array merging share.

These tests are one of the baselines that generated tests are compared with: what an engineer writes who has read in
plain English how operations are meant to merge. They were written without looking at any coverage, at generated tests,
or at the code of the rules, and are not extended by what other suites reach.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from testgen.ot import Network, Operation


@pytest.fixture
def merge() -> Callable[..., str]:
    """Let each client perform its operations on the letters of a word, synchronize, and spell what all agree on.

    The operations of client 1 come first, then those of client 2, and so on: one, or a list.
    """

    def merged(word: str, *performed: Operation | list[Operation]) -> str:
        network = Network(clients=len(performed), array=list(word))
        for number, operations in enumerate(performed, start=1):
            for operation in operations if isinstance(operations, list) else [operations]:
                network.client(number).perform(operation)
        network.sync_all_clients()
        for number in range(1, len(performed) + 1):
            assert network.client(number).array == network.server.array
        return "".join(map(str, network.server.array))

    return merged
