"""Writing a file whole or not at all: who reads it meanwhile, or is interrupted, has the one or the other."""

from __future__ import annotations

import secrets
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` in place of the file `path`, which need not be there; its folder must.

    Raises:
        OSError: It cannot be written; `path` is then as it was.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
