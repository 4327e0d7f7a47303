"""Adding a suite to the project file, which keeps every byte that it has."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from testgen.cli.project import Project
from testgen.errors import InputError, Location, SurroundingsError, unreadable

__all__ = ["ProjectEntry", "plan_entry", "write_entry"]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class ProjectEntry:
    """An entry to be written.

    Attributes:
        path: The project file, which need not exist yet.
        table: Name of the table as it stands in the file, such as `tool.testgen.suites.bank`.
        text: The file as it is going to be.
    """

    path: Path
    table: str
    text: str


def plan_entry(project: Project, suite: str, settings: Mapping[str, str]) -> ProjectEntry:
    """Find the project file and write the entry behind what it holds, in memory.

    It goes where the project's suites are, else into `testgen.toml` or `pyproject.toml` of the project's folder if
    there is one, else into a new `testgen.toml`.

    Raises:
        InputError: The file is not TOML, has this suite, or cannot take another table.
    """
    path = _file(project)
    keys = ("suites",) if path.name == "testgen.toml" else ("tool", "testgen", "suites")
    table = ".".join([*keys, suite if _BARE_KEY.fullmatch(suite) else _string(suite)])
    try:
        text = path.read_bytes().decode() if path.is_file() else ""
    except UnicodeDecodeError as error:
        raise InputError("is not TOML: it is not UTF-8", location=Location(str(path))) from error
    except OSError as error:
        raise unreadable(str(path), error) from error
    entry = "\n".join([f"[{table}]", *(f"{key} = {_string(value)}" for key, value in settings.items())]) + "\n"
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    whole = text + (gap + entry).replace("\n", "\r\n" if "\r\n" in text else "\n")
    _check(path, text, whole, keys, suite, entry)
    return ProjectEntry(path, table, whole)


def write_entry(entry: ProjectEntry) -> None:
    """Write the project file whole or not at all.

    Raises:
        SurroundingsError: It cannot be written; it is then as it was.
    """
    path = entry.path.resolve()  # a link stays one
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            part.write_bytes(entry.text.encode())
            if path.is_file():
                shutil.copymode(path, part)
            part.replace(path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    except OSError as error:
        raise SurroundingsError(f"cannot be written: {error.strerror}", location=Location(str(entry.path))) from error


def _file(project: Project) -> Path:
    """`find_project` reads testgen.toml first, and pyproject.toml if that names no suites."""
    own, shared = project.folder / "testgen.toml", project.folder / "pyproject.toml"
    if own.is_file() and (not project.suites or "suites" in _read(own)):
        return own
    return shared if shared.is_file() else own


def _read(path: Path) -> dict[str, object]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _check(path: Path, before: str, after: str, keys: tuple[str, ...], suite: str, entry: str) -> None:
    where = Location(str(path))
    try:
        found: object = tomllib.loads(before)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not TOML: {error}", location=where) from error
    for key in (*keys, suite):
        found = found.get(key) if isinstance(found, dict) else None
    if found is not None:
        hint = "`testgen init --verify GRAPH` tells what its binding lacks; rename the dump to begin another suite"
        raise InputError(f"has a suite {suite!r} already", location=where, hint=hint)
    try:
        tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:  # `suites = {...}` on one line, for instance, is closed
        raise InputError(
            f"cannot take another table ({error})", location=where, hint=f"write into it yourself:\n{entry}"
        ) from error


def _string(text: str) -> str:
    """A TOML string: JSON's escapes are among TOML's, but the delete character must be escaped as well."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"the name {text!r} cannot stand in a project file, which is UTF-8") from error
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
