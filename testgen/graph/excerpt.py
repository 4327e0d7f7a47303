"""The part of a line that an error shows: short, and harmless to a terminal."""

from __future__ import annotations

__all__ = ["excerpt_at"]

_WIDTH = 160


def excerpt_at(text: str, offset: int) -> tuple[str, int]:
    """A part of the line around `offset` in `text`, and the column in it, from 1, of the character there."""
    start = max(text.rfind("\n", 0, offset) + 1, offset - _WIDTH // 2)
    end = text.find("\n", offset)
    end = min(len(text) if end < 0 else end, start + _WIDTH)
    excerpt = "".join(char if char.isprintable() else "\ufffd" for char in text[start:end])
    return excerpt, offset - start + 1
