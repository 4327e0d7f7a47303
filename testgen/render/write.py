"""Writing a suite's folder: all of it or nothing, never touching what testgen did not write.

New files are first written whole into a hidden folder beside their places, and what they replace is copied there. Only
when all are there do they take those places, one rename each, so no file is ever half or missing; if that fails or is
interrupted, the copies are put back.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from testgen.errors import Location, RenderError, SurroundingsError
from testgen.render.suite import RenderedFile, has_mark

__all__ = ["Written", "check_suite", "write_suite"]

_HEAD_BYTES = 4096
"""Enough to hold the header of a generated file, also below a licence."""


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
        RenderError: `out` is no folder, or a file that testgen did not write is in the way.
        SurroundingsError: The folder cannot be read.
    """
    try:
        return _plan(files, out)
    except OSError as error:
        raise SurroundingsError(
            f"cannot be read: {error.strerror}", location=Location(str(error.filename or out))
        ) from error


def write_suite(files: Sequence[RenderedFile], out: Path) -> Written:
    """Make `out` hold exactly these generated files, and whatever else it held that testgen did not write.

    Raises:
        RenderError: `out` is no folder, or a file that testgen did not write is in the way.
        SurroundingsError: The folder cannot be read or written; it is then as it was.
    """
    plan = check_suite(files, out)
    if not plan.changed and not plan.removed:
        return plan
    changed = set(plan.changed)
    try:
        _replace(out, [file for file in files if file.name in changed], plan.removed)
    except OSError as error:
        raise SurroundingsError(
            f"cannot be written: {error.strerror}",
            location=Location(str(error.filename or out)),
            hint="what was there is untouched",
        ) from error
    return plan


def _plan(files: Sequence[RenderedFile], out: Path) -> Written:
    if out.exists() and not out.is_dir():
        raise RenderError("is not a folder", location=Location(str(out)), hint="--out names a folder")
    wanted = {file.name: file.text.encode() for file in files}
    changed, unchanged = [], []
    for name, content in sorted(wanted.items()):
        path = out / name
        if path.is_file() and path.read_bytes() == content:
            unchanged.append(name)
            continue
        if (path.exists() or path.is_symlink()) and not _is_generated(path):
            raise RenderError(
                "is not a generated file, so it is not overwritten",
                location=Location(str(path)),
                hint="move it, or build into another folder with --out",
            )
        changed.append(name)
    stale = [path.name for path in sorted(out.glob("test_*")) if path.name not in wanted and _is_generated(path)]
    return Written(tuple(changed), tuple(stale), tuple(unchanged))


def _is_generated(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():  # testgen makes no links
        return False
    with path.open("rb") as file:
        return has_mark(file.read(_HEAD_BYTES).decode(errors="replace"), path.name)


def _replace(out: Path, files: Sequence[RenderedFile], stale: Sequence[str]) -> None:
    created = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        _replace_within(out, files, stale)
    except BaseException:
        for folder in created:  # innermost first
            with suppress(OSError):
                folder.rmdir()
        raise


def _replace_within(out: Path, files: Sequence[RenderedFile], stale: Sequence[str]) -> None:
    staging = Path(tempfile.mkdtemp(prefix=".testgen-", dir=out))
    is_whole = True
    try:
        new, old = staging / "new", staging / "old"
        new.mkdir()
        old.mkdir()
        for file in files:
            (new / file.name).write_bytes(file.text.encode())
        names = [*(file.name for file in files), *stale]
        for name in names:
            if (out / name).exists():
                shutil.copy2(out / name, old / name)
        try:
            for file in files:
                (new / file.name).replace(out / file.name)
            for name in stale:
                (out / name).unlink()
        except BaseException:  # an interruption too must leave the previous suite
            is_whole = False
            _restore(out, old, names)
            is_whole = True
            raise
    finally:
        if is_whole:
            shutil.rmtree(staging, ignore_errors=True)


def _restore(out: Path, old: Path, names: Sequence[str]) -> None:
    try:
        for name in names:
            if (old / name).exists():
                (old / name).replace(out / name)
            else:
                (out / name).unlink(missing_ok=True)
    except OSError as error:
        raise SurroundingsError(
            f"the previous suite could not be put back: {error.strerror}",
            location=Location(str(out)),
            hint=f"its files are in {old}",
        ) from error
