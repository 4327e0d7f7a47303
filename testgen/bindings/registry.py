"""Find a binding: by built-in name, by entry point (group `testgen.bindings`), or as `path/to/file.py:Name`."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from testgen.bindings.import_path import missing_module, offer_folders
from testgen.bindings.protocol import Binding
from testgen.bindings.time_limit import Overdue, time_limit
from testgen.errors import BindingError, Location, TestgenError

__all__ = ["binding_file", "find_binding", "known_bindings", "load_name", "matching_bindings"]

_BUILT_IN = {
    "array_ot": "testgen.bindings.array_ot:ArrayOT",
    "mongo_arming": "testgen.bindings.mongo_arming:PinnedArming",
    "mongo_arming_lazy": "testgen.bindings.mongo_arming:LazyArming",
    "mongo_consumer": "testgen.bindings.mongo_consumer:StreamConsumer",
    "mongo_consumer_early_token": "testgen.bindings.mongo_consumer_early_token:EarlyTokenConsumer",
    "mongo_history": "testgen.bindings.mongo_history:TransactionHistory",
    "mongo_images": "testgen.bindings.mongo_images:ImageStream",
    "mongo_ttl": "testgen.bindings.mongo_ttl:TTLOrdering",
    "mongo_ttl_early": "testgen.bindings.mongo_ttl_impossible:ImpossibleEarlyTTL",
    "mongo_ttl_reorder": "testgen.bindings.mongo_ttl_impossible:ImpossibleReorder",
    "mongo_lost_updates": "testgen.bindings.mongo_transactions:LostUpdates",
    "mongo_transactions": "testgen.bindings.mongo_transactions:Transactions",
}
_IMPORT_SECONDS = 300.0
"""Only to tell a file that hangs from one that imports much, on whatever machine."""
_GROUP = "testgen.bindings"


def known_bindings() -> dict[str, str]:
    """Where each binding known by name is, as `module:Class`; built-in ones first."""
    points = {point.name: f"{point.module}:{point.attr}" for point in entry_points(group=_GROUP)}
    return _BUILT_IN | {name: place for name, place in points.items() if name not in _BUILT_IN}


def find_binding(name: str) -> type[Binding]:
    """The binding class called `name`.

    Raises:
        BindingError: There is none, its file cannot be imported, or it is no `Binding`.
    """
    known = known_bindings()
    if name in known:
        module_name, _, class_name = known[name].partition(":")
        return _binding_class(_import_module(module_name, name), class_name, name)
    path, colon, class_name = name.rpartition(":")
    if colon and path.endswith(".py"):
        return _binding_class(_import_file(Path(path)), class_name, name)
    near = difflib.get_close_matches(name, known, n=1)
    raise BindingError(
        f"unknown binding {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
        hint=f"known: {', '.join(sorted(known))}; or give path/to/file.py:ClassName",
    )


def binding_file(name: str) -> Path | None:
    """The file of a binding given as `path/to/file.py:Name`; None for one known by name."""
    path, colon, _ = name.rpartition(":")
    return Path(path) if colon and name not in known_bindings() else None


def load_name(name: str, *, beside: str) -> Any:  # Any: a class, which only the caller knows
    """What `path/to/file.py:Name` names, the path as seen from the file `beside`. Generated tests call this.

    Raises:
        BindingError: The file is missing or cannot be imported, or does not have the name.
    """
    path, _, attribute = name.rpartition(":")
    file = (Path(beside).resolve().parent / path).resolve()
    module = _import_file(file)
    if not hasattr(module, attribute):
        raise BindingError(f"has no {attribute!r} any more; build the suite again", location=Location(str(file)))
    return getattr(module, attribute)


def matching_bindings(actions: Iterable[str]) -> list[str]:
    """The names of known bindings that have a method for each of these actions."""
    wanted = set(actions)
    return [name for name in known_bindings() if wanted and wanted <= find_binding(name).action_methods().keys()]


def _import_module(module_name: str, binding: str) -> ModuleType:
    try:
        return importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # an installed binding's code, which may raise anything
        raise BindingError(
            f"binding {binding!r} cannot be imported from {module_name} ({type(error).__name__}: {error})",
            hint="repair or remove the package that brings it",
        ) from error


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise BindingError("no such file", location=Location(str(path)), hint="give path/to/file.py:ClassName")
    resolved = path.resolve()
    digest = hashlib.sha256(str(resolved).encode(errors="surrogateescape")).hexdigest()[:8]
    module_name = f"testgen_binding_{resolved.stem}_{digest}"  # two files of one name are two modules
    if (loaded := sys.modules.get(module_name)) is not None:
        return loaded
    spec = importlib.util.spec_from_file_location(module_name, resolved)
    assert spec is not None and spec.loader is not None, "a path that ends in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses and pickle look their module up
    offer_folders(resolved)
    try:
        with time_limit(_IMPORT_SECONDS, f"importing {path}"):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a binding's author wrote what runs here, and it may raise anything
        del sys.modules[module_name]
        raise _import_error(error, path) from error
    return module


def _import_error(error: BaseException, path: Path) -> BindingError:
    if isinstance(error, SyntaxError):
        where = Location(str(path), error.lineno, error.offset)
        return BindingError(f"is not Python: {error.msg}", location=where, hint="repair the binding at this line")
    if isinstance(error, TestgenError) and error.location is not None:  # what a decorator says of a method
        return BindingError(error.message, location=error.location, hint=error.hint)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path.resolve()]
    where = Location(str(path), own[-1].lineno if own else None)
    if isinstance(error, TestgenError):
        return BindingError(error.message, location=where, hint=error.hint)
    if isinstance(error, Overdue):
        return BindingError(
            f"is not imported within {error.seconds:g} s" + (f"; it is at {error.place}" if error.place else ""),
            location=where,
            hint="let __init__, or set_up_session, do what takes its time: testgen imports the file to see its methods",
        )
    if isinstance(error, ModuleNotFoundError):
        return missing_module(error, path.resolve(), where)
    return BindingError(
        f"cannot be imported ({type(error).__name__}: {error})",
        location=where,
        hint="repair the binding at this line; testgen imports the file to see its methods",
    )


def _binding_class(module: ModuleType, class_name: str, name: str) -> type[Binding]:
    found = getattr(module, class_name, None)
    if isinstance(found, type) and issubclass(found, Binding):
        return found
    bindings = [
        key
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Binding) and value.__module__ == module.__name__
    ]
    raise BindingError(
        f"binding {name!r}: {class_name!r} is not a subclass of testgen.bindings.Binding",
        location=Location(module.__file__ or module.__name__),
        hint=f"the file has {', '.join(bindings)}" if bindings else "derive a class from it",
    )
