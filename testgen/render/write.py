"""Writing a suite's folder: all of it or nothing, never touching what testgen did not write.

New files are first written whole into a hidden folder beside their places. Only when all are there do they take those
places, one rename each; if that fails or is interrupted, what was replaced is put back.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from testgen.errors import Location, RenderError, SurroundingsError
from testgen.render.suite import GENERATED_BY, RenderedFile

__all__ = ["Written", "check_suite", "write_suite"]

_HEAD_BYTES = 600
"""Enough to hold the header of a generated file."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a suite's folder: names of files, sorted.

    Attributes:
        changed: New, or with other content than before.
        removed: Written by an earlier build and not part of this one.
        unchanged: Already as they should be.
    """

    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]


def check_suite(files: Sequence[RenderedFile], out: Path) -> Written:
    """Tell what `write_suite` would do, without writing.

    Raises:
        RenderError: A file that testgen did not write is in the way.
    """
    wanted = {file.name: file.text.encode() for file in files}
    changed, unchanged = [], []
    for name, content in sorted(wanted.items()):
        path = out / name
        if path.is_file() and path.read_bytes() == content:
            unchanged.append(name)
            continue
        if path.exists() and not is_generated(path):
            raise RenderError(
                "is not a generated file, so it is not overwritten",
                location=Location(str(path)),
                hint="move it, or build into another folder with --out",
            )
        changed.append(name)
    stale = [path.name for path in sorted(out.glob("test_*.py")) if path.name not in wanted and is_generated(path)]
    return Written(tuple(changed), tuple(stale), tuple(unchanged))


def write_suite(files: Sequence[RenderedFile], out: Path) -> Written:
    """Make `out` hold exactly these generated files, and whatever else it held that testgen did not write.

    Raises:
        RenderError: A file that testgen did not write is in the way.
        SurroundingsError: The folder cannot be written; it is then as it was.
    """
    if out.exists() and not out.is_dir():
        raise RenderError("is not a folder", location=Location(str(out)), hint="--out names a folder")
    try:
        plan = check_suite(files, out)
        created = _create(out)
        try:
            _replace(out, [file for file in files if file.name in set(plan.changed)], plan.removed)
        except BaseException:
            for folder in created:
                folder.rmdir()
            raise
    except OSError as error:
        raise SurroundingsError(
            f"cannot be written: {error.strerror}",
            location=Location(error.filename or str(out)),
            hint="the suite that was there is untouched",
        ) from error
    return plan


def is_generated(path: Path) -> bool:
    """Whether testgen wrote the file: its docstring says so."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return GENERATED_BY.encode() in file.read(_HEAD_BYTES)


def _create(out: Path) -> list[Path]:
    """Create the folder; return what had to be created, innermost first."""
    missing = [folder for folder in (out, *out.parents) if not folder.exists()]
    out.mkdir(parents=True, exist_ok=True)
    return missing


def _replace(out: Path, files: Sequence[RenderedFile], stale: Sequence[str]) -> None:
    staging = Path(tempfile.mkdtemp(prefix=".testgen-", dir=out))
    try:
        new, old = staging / "new", staging / "old"
        new.mkdir()
        old.mkdir()
        for file in files:
            (new / file.name).write_bytes(file.text.encode())
        done: list[str] = []
        try:
            for name in [*(file.name for file in files), *stale]:
                done.append(name)
                if (out / name).exists():
                    (out / name).replace(old / name)
                if (new / name).exists():
                    (new / name).replace(out / name)
        except BaseException:  # an interruption too must leave the previous suite
            for name in reversed(done):
                if (old / name).exists():
                    (old / name).replace(out / name)
                elif not (new / name).exists():
                    (out / name).unlink(missing_ok=True)
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
