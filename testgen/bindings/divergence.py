"""What a test fails with when system and specification disagree."""

from __future__ import annotations

__all__ = ["Divergence"]


class Divergence(AssertionError):  # noqa: N818 - a result about the system, not an error of testgen
    """System and specification disagree.

    Attributes:
        subject: What was compared, in words ("the array", "variable count").
        expected: What the specification says.
        observed: What the system shows.
        tolerance: How far numbers may be apart.
        note: What else its reader should know.
        others: What differs beside it, in the same state.
    """

    def __init__(
        self, subject: str, expected: object, observed: object, *, tolerance: float = 0, note: str = ""
    ) -> None:
        super().__init__(f"{subject}: expected {expected!r}, observed {observed!r}" + (f"; {note}" if note else ""))
        self.subject = subject
        self.expected = expected
        self.observed = observed
        self.tolerance = tolerance
        self.note = note
        self.others: tuple[Divergence, ...] = ()
