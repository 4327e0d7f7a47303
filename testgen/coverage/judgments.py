"""What people have judged of mutants: a TOML file kept with the code, one table a mutant.

    ["9cb62eee"]
    verdict = "equivalent"
    because = "i = j with the newer on the left is the second half of the condition; with the older, ..."
    change = "insert_insert: i > j becomes i >= j"

*equivalent*: no test can notice, since the mutant does what the code does; it does not count in scores. *hole*: a test
could, and none does yet; it counts. An id is a digest of the function and the changed lines, so a judgment falls away
when these lines change, and is judged anew.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from testgen.errors import InputError, Location, unreadable

__all__ = ["Judgment", "read_judgments"]

_VERDICTS = "equivalent", "hole"
_KEYS = {"verdict", "because", "change"}


@dataclass(frozen=True, slots=True)
class Judgment:
    """What was judged of one mutant.

    Attributes:
        verdict: "equivalent" or "hole".
        because: The argument.
        change: What the mutant changes, for those who read the file.
    """

    verdict: str
    because: str
    change: str = ""


def read_judgments(path: Path) -> dict[str, Judgment]:
    """Read the judgments in the file `path`, by the mutants' ids.

    Raises:
        InputError: It is missing or malformed, or a judgment lacks its argument.
    """
    where = Location(str(path))
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is not TOML: {error}", location=where) from error
    except OSError as error:
        raise unreadable(str(path), error) from error
    judgments = {}
    for name, table in tables.items():
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise InputError(f"{name} is not a table of texts", location=where, hint=_HINT)
        if table.get("verdict") not in _VERDICTS:
            raise InputError(f"mutant {name}: the verdict is neither equivalent nor hole", location=where, hint=_HINT)
        if not table.get("because", "").strip():
            raise InputError(f"mutant {name} is judged without an argument", location=where, hint=_HINT)
        if unknown := sorted(table.keys() - _KEYS):
            raise InputError(f"mutant {name} has the unknown key {unknown[0]!r}", location=where, hint=_HINT)
        judgments[name] = Judgment(**table)
    return judgments


_HINT = 'each judgment is a table: ["ID"], verdict = "equivalent" or "hole", because = "..."'
