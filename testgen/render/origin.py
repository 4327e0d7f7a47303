"""Where a suite came from: its dump and its template as seen from its folder, for whoever looks into the graph again.

A file of its own, because the suite file and the tests are the same bytes wherever the dump is.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from testgen.errors import InputError, Location, SurroundingsError, unreadable
from testgen.whole_file import write_whole

__all__ = ["ORIGIN_FILE", "Origin", "origin_of", "read_origin", "write_origin"]

ORIGIN_FILE = "origin.json"
"""Its name in the folder of the suite."""
_SCHEMA = "testgen.origin/1"
_STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Origin:
    """What one build was made of; files are named from the suite's folder.

    Attributes:
        graph: The dump; `-` if it was read from standard input, and is gone.
        binding: See `bindings.find_binding`.
        template: In place of the binding's own.
        templates: The folder of templates that was searched first.
        allow_cut: Whether a dump that TLC did not finish was taken.
    """

    graph: str
    binding: str | None = None
    template: str | None = None
    templates: str | None = None
    allow_cut: bool = False


def origin_of(
    folder: Path,
    graph: str,
    binding: str | None,
    *,
    template: str | None = None,
    templates: Path | None = None,
    allow_cut: bool = False,
) -> Origin:
    """The origin of a suite in `folder`, of what a command was given, which names files from the current folder."""
    file, colon, name = (binding or "").rpartition(":")
    return Origin(
        graph if graph == _STANDARD_INPUT else _seen_from(folder, graph),
        f"{_seen_from(folder, file)}:{name}" if colon and file.endswith(".py") else binding,
        _seen_from(folder, template) if template is not None and Path(template).is_file() else template,
        None if templates is None else _seen_from(folder, str(templates)),
        allow_cut,
    )


def write_origin(origin: Origin, folder: Path) -> None:
    """Write it down beside the suite, whole or not at all.

    Raises:
        SurroundingsError: It cannot be written.
    """
    path = folder / ORIGIN_FILE
    told = {key: value for key, value in asdict(origin).items() if value not in (None, False)}
    text = json.dumps({"schema": _SCHEMA, **told}, indent=2) + "\n"  # names of files need not be encodable
    try:
        if path.is_file() and path.read_bytes() == text.encode():
            return
        write_whole(path, text.encode())
    except OSError as error:
        raise SurroundingsError(f"cannot be written: {error.strerror}", location=Location(str(path))) from error


def read_origin(folder: Path) -> Origin:
    """The origin of the suite in `folder`, its files named from the current folder.

    Raises:
        InputError: It is missing, or not such a file.
    """
    path = folder / ORIGIN_FILE
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told.pop("schema") != _SCHEMA:
            raise ValueError(f"its schema is not {_SCHEMA}")
        origin = Origin(**told)
    except OSError as error:
        raise unreadable(str(path), error) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"is not what `testgen build` writes ({type(error).__name__}: {error})",
            location=Location(str(path)),
            hint="build the suite again",
        ) from error
    if origin.graph == _STANDARD_INPUT:
        raise InputError("the dump was read from standard input, and not kept", location=Location(str(path)))
    file, colon, name = (origin.binding or "").rpartition(":")
    own_template = origin.template is not None and (folder / origin.template).is_file()
    return Origin(
        _seen_from(Path(), str(folder / origin.graph)),
        f"{folder / file}:{name}" if colon and file.endswith(".py") else origin.binding,
        str(folder / origin.template) if own_template and origin.template is not None else origin.template,
        None if origin.templates is None else str(folder / origin.templates),
        origin.allow_cut,
    )


def _seen_from(folder: Path, path: str) -> str:
    return Path(os.path.relpath(Path(path).resolve(), folder.resolve())).as_posix()
