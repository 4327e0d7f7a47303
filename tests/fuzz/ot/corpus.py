"""A corpus in one file: what a fuzzer kept of a run, an input a line in hexadecimal, so that its diff can be read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = ["read_corpus", "write_corpus"]


def write_corpus(path: Path, inputs: Iterable[bytes], *, made: str) -> None:
    """Write inputs, each once, the shortest first; `made` says of what run they were kept."""
    ordered = sorted(set(inputs), key=lambda data: (len(data), data))
    lines = [f"# kept of {made}", *(data.hex() or "-" for data in ordered)]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def read_corpus(path: Path) -> list[bytes]:
    """Read what `write_corpus` wrote.

    Raises:
        ValueError: A line is not hexadecimal, or there is none.
    """
    lines = path.read_text(encoding="ascii").splitlines()
    inputs = [bytes.fromhex(line if line != "-" else "") for line in lines if not line.startswith("#")]
    if not inputs:
        raise ValueError(f"{path} holds no input")
    return inputs
