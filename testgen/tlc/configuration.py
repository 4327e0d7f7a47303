"""Which file configures an exploration, and what TLC gets to read in its place.

`CHECK_DEADLOCK` became a keyword of configuration files after TLC 2.15, which rejects it, while the flag `-deadlock`
(do *not* check for deadlock) is understood by all. So the line is taken out and said with the flag.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from testgen.errors import InputError, unreadable

__all__ = ["find_configuration", "find_specification", "merging_keywords", "split_deadlock"]

# First, so that a keyword inside of them is passed over. Comments in comments are not foreseen.
_COMMENT_OR_STRING = r"""\\\*[^\n]* | \(\*.*?\*\) | "(?:\\.|[^"\\\n])*" """
_DEADLOCK = re.compile(
    rf"{_COMMENT_OR_STRING} | \bCHECK_DEADLOCK(?P<gap>\s+)(?P<value>TRUE|FALSE)\b", re.DOTALL | re.VERBOSE
)
_MERGING = re.compile(rf"{_COMMENT_OR_STRING} | \b(?P<keyword>SYMMETRY|VIEW)\b", re.DOTALL | re.VERBOSE)

_LISTED = 8
"""Files named in a hint."""


def find_specification(path: Path) -> Path:
    """Return the module file `path` names, with or without `.tla`.

    Raises:
        InputError: There is no such file; the message names the modules that are there.
        SurroundingsError: There is no permission to read it.
    """
    if path.is_file():
        return _readable(path)
    if path.is_dir() or not path.name:
        raise InputError(f"{path} is a directory, not a specification", hint=_neighbors(path / "_", ".tla"))
    with_suffix = path.with_name(f"{path.name}.tla")
    if path.suffix != ".tla" and with_suffix.is_file():
        return _readable(with_suffix)
    raise InputError(f"there is no specification {path}", hint=_neighbors(path, ".tla"))


def find_configuration(spec: Path, name: str | None = None) -> Path:
    """Return the configuration file called `name`: a path, or the stem of a `.cfg` beside `spec`.

    Args:
        spec: An existing module file.
        name: By default the stem of `spec`, as TLC has it.

    Raises:
        InputError: There is none; the message lists those beside the specification.
    """
    if name is not None and Path(name).is_file():
        return Path(name)
    if name is not None and (not Path(name).name or Path(name).is_dir()):
        raise InputError(f"{name or 'the empty name'} is no configuration file", hint=_neighbors(spec, ".cfg"))
    beside = spec.with_name(f"{spec.stem if name is None else name.removesuffix('.cfg')}.cfg")
    if beside.is_file():
        return beside
    missing = f"there is no configuration {beside}" if name is None else f"there is no configuration {name}"
    raise InputError(missing, hint=_neighbors(beside, ".cfg"))


def split_deadlock(text: str) -> tuple[str, bool | None]:
    """Take `CHECK_DEADLOCK` out of a configuration; lines keep their numbers, so TLC's messages keep their places.

    Returns:
        The text for TLC, and what the keyword said; None if it is absent. The last one counts.

    >>> split_deadlock("CHECK_DEADLOCK FALSE\\nINIT Init")
    ('\\nINIT Init', False)
    """
    said: list[bool] = []

    def blank(found: re.Match[str]) -> str:
        if found["value"] is None:
            return found[0]
        said.append(found["value"] == "TRUE")
        return "\n" * found["gap"].count("\n")

    return _DEADLOCK.sub(blank, text), said[-1] if said else None


def merging_keywords(text: str) -> tuple[str, ...]:
    """The keywords of a configuration by which TLC takes different states for one: `SYMMETRY`, `VIEW`.

    >>> merging_keywords("INIT Init  \\\\* VIEW v\\nSYMMETRY Permuted")
    ('SYMMETRY',)
    """
    return tuple(sorted({found["keyword"] for found in _MERGING.finditer(text) if found["keyword"]}))


def _readable(path: Path) -> Path:
    try:
        path.open("rb").close()
    except OSError as error:
        raise unreadable(str(path), error) from error
    return path


def _neighbors(wanted: Path, suffix: str) -> str:
    """Say which files with this suffix lie where `wanted` was expected, the nearest name first."""
    folder = wanted.parent
    names = sorted(path.name for path in folder.glob(f"*{suffix}")) if folder.is_dir() else []
    if not names:
        return f"there is no {suffix} file in {folder}"
    near = difflib.get_close_matches(wanted.name, names, n=1)
    others = [name for name in names if name not in near]
    listing = ", ".join([*near, *others[:_LISTED]]) + (", ..." if len(others) > _LISTED else "")
    return f"{'did you mean ' + near[0] + '? ' if near else ''}in {folder} there are: {listing}"
