"""What a mutant changes in a process: the code of functions that are there, or a module that is yet to be imported."""

from __future__ import annotations

import gc
import inspect
from collections import defaultdict
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType

__all__ = ["LiveFunctions", "mutate_imports"]


class LiveFunctions:
    """Functions as they are in this process, to be given the code of a mutant."""

    def __init__(self, paths: list[str]) -> None:
        self._live: dict[tuple[str, str, int], list[FunctionType]] = defaultdict(list)
        wanted = set(paths)
        gc.unfreeze()  # what a plugin of pytest has frozen, as testgen's does in a large run, is not among the objects
        for found in gc.get_objects():
            if isinstance(found, FunctionType) and found.__code__.co_filename in wanted:
                self._live[_key(found.__code__)].append(found)
        self._codes = {path: compile(Path(path).read_bytes(), path, "exec") for path in paths}

    def exchanges(self, path: str, text: str) -> list[tuple[FunctionType, CodeType]] | None:
        """The functions that get other code in a mutant; None if that would not be all of its effect."""
        found: list[tuple[FunctionType, CodeType]] = []
        for old, new, is_inner in _pairs(self._codes[path], compile(text, path, "exec")):
            functions = self._live.get(_key(old), [])
            if not (functions or is_inner) or any(f.__code__.co_freevars != new.co_freevars for f in functions):
                return None
            found += [(function, new) for function in functions]
        return found or None


def mutate_imports(path: str, text: str) -> None:
    """Import the module at `path` as if it held `text`, if it has not been imported yet."""
    original = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
        if self.get_filename(fullname) == path:
            return compile(text, path, "exec")
        return original(self, fullname)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]  # of this process only


def _key(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _pairs(old: CodeType, new: CodeType, *, is_inner: bool = False) -> Iterator[tuple[CodeType, CodeType, bool]]:
    """The code of functions that differ, and whether it stands within another function."""
    inner, others = ([c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new))
    if len(inner) != len(others):  # those that are left are made by the function around them, whose code is exchanged
        return
    for one, other in zip(inner, others, strict=True):
        if one == other:
            continue
        is_function = bool(one.co_flags & inspect.CO_NEWLOCALS)
        if is_function:  # and not a class
            yield one, other, is_inner
        yield from _pairs(one, other, is_inner=is_inner or is_function)
