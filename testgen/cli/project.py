"""The project file: `[tool.testgen.suites.NAME]` in `pyproject.toml`, or `[suites.NAME]` in `testgen.toml`."""

from __future__ import annotations

import difflib
import os
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from testgen.errors import InputError, Location, unreadable

__all__ = ["Project", "SuiteSettings", "dump_name", "find_project", "shown_path"]

_COMPRESSED = ".gz", ".zst"
_ENDINGS = "-states.json", "-edges.json", ".itf.json"


_LISTS = ("budget", "only", "avoid")
_LEAST = {"limit": 1, "max_steps": 1, "seed": 0}
"""Keys of numbers, and the least of each."""


@dataclass(frozen=True, slots=True)
class SuiteSettings:
    """What the project file says of a suite; flags override it.

    Attributes:
        graph: The dump, from the project's folder.
        binding: See `testgen.bindings.find_binding`; a file is named from the project's folder.
        template: In place of the binding's own; a file is named from the project's folder.
        out: The folder of the generated tests, from the project's folder.
        limit: The most behaviors to take.
        criterion: What to cover; see `testgen.selection.STRATEGIES`.
        strategy: How.
        budget: Texts such as "tests=500".
        max_steps: The longest a test may be.
        minimize: "tests", or "steps" as well.
        seed: Of strategies that leave it to chance.
        only: Actions and predicates; see `testgen.selection.Request`.
        avoid: Likewise.
    """

    graph: str
    binding: str | None = None
    template: str | None = None
    out: str | None = None
    limit: int | None = None
    criterion: str | None = None
    strategy: str | None = None
    budget: tuple[str, ...] = ()
    max_steps: int | None = None
    minimize: str | None = None
    seed: int | None = None
    only: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """A project file's folder and suites, by name."""

    folder: Path
    suites: dict[str, SuiteSettings]

    def suite_of(self, graph: str) -> tuple[str, SuiteSettings] | None:
        """The suite whose dump is the file `graph`, compressed or not."""
        wanted = _uncompressed(Path(graph))
        for name, settings in self.suites.items():
            if _uncompressed(self.folder / settings.graph) == wanted:
                return name, settings
        return None

    def graph_of(self, settings: SuiteSettings) -> str:
        """The suite's dump, as a user in this folder would write it."""
        return str(shown_path(self.folder / settings.graph))

    def out_of(self, name: str, settings: SuiteSettings) -> Path:
        """The folder of the suite's tests, likewise."""
        return shown_path(self.folder / (settings.out or f"generated/{name}"))


def find_project(start: Path) -> Project:
    """The project of the nearest folder, from `start` upwards, whose project file names suites; else an empty one.

    A `testgen.toml` makes a project of its folder, also one that is empty: so a folder within another project is begun.

    Raises:
        InputError: The file is malformed.
    """
    for folder in (start, *start.parents):
        for name, keys in (("testgen.toml", ("suites",)), ("pyproject.toml", ("tool", "testgen", "suites"))):
            path = folder / name
            if path.is_file() and (tables := _tables(path, keys)) is not None:
                return Project(folder, {suite: _settings(path, suite, table) for suite, table in tables.items()})
        if (folder / "testgen.toml").is_file():  # without suites yet, and not to be taken for a part of one around it
            return Project(folder, {})
    return Project(start, {})


def _tables(path: Path, keys: tuple[str, ...]) -> dict[str, Any] | None:  # Any: TOML
    try:
        table: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is not TOML: {error}", location=Location(str(path))) from error
    except OSError as error:
        raise unreadable(str(path), error) from error
    for key in keys:
        if key not in table:
            return None
        table = table[key]
        if not isinstance(table, dict):
            raise InputError(f"{key} is not a table", location=Location(str(path)))
    suites: dict[str, Any] = table
    return suites


def _settings(path: Path, suite: str, table: Any) -> SuiteSettings:
    known = {field.name: field for field in fields(SuiteSettings)}
    where = Location(str(path))
    if not isinstance(table, dict) or "graph" not in table:
        raise InputError(f"suite {suite!r} names no graph", location=where, hint='add graph = "graphs/NAME.dot"')
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
            raise InputError(f"suite {suite!r} has the unknown key {key!r}", location=where, hint=hint)
        if key in _LISTS:
            if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
                raise InputError(f"suite {suite!r}: {key} is not a list of strings", location=where)
        elif key in _LEAST:
            if type(value) is not int or value < _LEAST[key]:
                raise InputError(f"suite {suite!r}: {key} is not a number from {_LEAST[key]}", location=where)
        elif key == "minimize" and value not in ("tests", "steps"):
            raise InputError(f"suite {suite!r}: minimize is neither tests nor steps", location=where)
        elif not isinstance(value, str):
            raise InputError(f"suite {suite!r}: {key} is not a string", location=where)
    settings = SuiteSettings(**table)
    return replace(
        settings,
        budget=tuple(settings.budget),
        only=tuple(settings.only),
        avoid=tuple(settings.avoid),
        binding=_from_folder(path.parent, settings.binding),
        template=_from_folder(path.parent, settings.template),
    )


def _from_folder(folder: Path, name: str | None) -> str | None:
    """`name` as seen from here, if it is a file (or `file:Class`) of the project; else as it stands."""
    if name is None:
        return None
    path, colon, rest = name.rpartition(":") if ".py:" in name else (name, "", "")
    return f"{shown_path(folder / path)}{colon}{rest}" if (folder / path).is_file() else name


def shown_path(path: Path) -> Path:
    """The path as a user in this folder would write it."""
    return Path(os.path.relpath(path))


def _uncompressed(path: Path) -> Path:
    resolved = path.resolve()
    return resolved.with_suffix("") if resolved.suffix in _COMPRESSED else resolved


def dump_name(graph: str) -> str:
    """The name of a suite that no project file names, after its dump: `x` for `x.dot.gz` and `x-states.json`."""
    if graph == "-":
        return "stdin"
    path = Path(graph)
    name = path.stem if path.suffix in _COMPRESSED else path.name
    for ending in _ENDINGS:
        if name.endswith(ending) and name != ending:
            return name.removesuffix(ending)
    return Path(name).stem
