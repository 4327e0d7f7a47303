"""Find a binding: by built-in name, by entry point (group `testgen.bindings`), or as `path/to/file.py:Name`."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from testgen.bindings.protocol import Binding
from testgen.errors import BindingError, Location

__all__ = ["find_binding", "known_bindings", "matching_bindings"]

_BUILT_IN = {"array_ot": "testgen.bindings.array_ot:ArrayOT"}
_GROUP = "testgen.bindings"


def known_bindings() -> dict[str, str]:
    """Where each binding known by name is, as `module:Class`; built-in ones first."""
    return _BUILT_IN | {point.name: point.value for point in entry_points(group=_GROUP) if point.name not in _BUILT_IN}


def find_binding(name: str) -> type[Binding]:
    """The binding class called `name`.

    Raises:
        BindingError: There is none, its file cannot be imported, or it is no `Binding`.
    """
    known = known_bindings()
    if name in known:
        module_name, _, class_name = known[name].partition(":")
        return _class_in(importlib.import_module(module_name), class_name, name)
    path, colon, class_name = name.rpartition(":")
    if colon and path.endswith(".py"):
        return _class_in(_import_file(Path(path)), class_name, name)
    near = difflib.get_close_matches(name, known, n=1)
    raise BindingError(
        f"unknown binding {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
        hint=f"known: {', '.join(sorted(known))}; or give path/to/file.py:ClassName",
    )


def matching_bindings(actions: Iterable[str]) -> list[str]:
    """The names of known bindings that have a method for each of these actions."""
    wanted = set(actions)
    return [name for name in known_bindings() if wanted and wanted <= find_binding(name).action_methods().keys()]


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise BindingError("no such file", location=Location(str(path)))
    module_name = f"testgen_binding_{path.stem}"
    if (loaded := sys.modules.get(module_name)) is not None and loaded.__file__ == str(path.resolve()):
        return loaded
    spec = importlib.util.spec_from_file_location(module_name, path.resolve())
    assert spec is not None and spec.loader is not None, "a path that ends in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses and pickle look their module up
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise BindingError(f"is not Python: {error.msg}", location=Location(str(path), error.lineno)) from error
    except ImportError as error:
        raise BindingError(f"cannot be imported: {error}", location=Location(str(path))) from error
    return module


def _class_in(module: ModuleType, class_name: str, name: str) -> type[Binding]:
    found = getattr(module, class_name, None)
    if not (isinstance(found, type) and issubclass(found, Binding)):
        raise BindingError(
            f"binding {name!r}: {class_name!r} is not a subclass of testgen.bindings.Binding",
            location=Location(module.__file__ or module.__name__),
        )
    return found
