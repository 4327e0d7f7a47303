"""What a mutant is, apart from what makes one, which needs the extra `mutants`."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Mutant"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """The source with one change.

    Attributes:
        id: Eight hexadecimal digits over file, function, and the changed lines before and after; of a patch, the name
            of its file. The same as long as the function holds these lines.
        file: Position in `CodeMap.files`.
        function: Where the change is, with the classes and functions around it.
        line: The first changed line.
        operator: What made the change.
        lines: Lines that run if the change has an effect.
        text: The whole file.
        diff: A unified diff.
    """

    id: str
    file: int
    function: str
    line: int
    operator: str
    lines: tuple[int, ...]
    text: str
    diff: str
