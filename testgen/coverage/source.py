"""Which files are measured: the Python source of the system under test, as the user names it, less what is left out."""

from __future__ import annotations

import difflib
import sys
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from testgen.errors import InputError, Location

__all__ = ["Omission", "Source", "find_source", "read_omission", "read_source", "source_lines"]


@dataclass(frozen=True, slots=True)
class Omission:
    """Code that the user leaves out of all figures.

    Attributes:
        text: As written.
        file: A pattern for a file's path, matched from the right: `rules.py` matches `shop/rules.py`.
        function: A pattern for a function's name; None leaves out the whole file.
    """

    text: str
    file: str
    function: str | None

    def has_file(self, path: Path) -> bool:
        """Whether the pattern for files matches `path`, which is absolute."""
        wanted = self.file.split("/")
        return fnmatchcase("/".join(path.parts[-len(wanted) :]), self.file)

    def has_function(self, path: Path, name: str) -> bool:
        """Whether the function `name` of the file `path` is left out."""
        return self.function is not None and self.has_file(path) and fnmatchcase(name, self.function)


def read_omission(text: str) -> Omission:
    """Read `FILE` or `FILE::FUNCTION`, both patterns.

    >>> read_omission("rules.py::swap_*")
    Omission(text='rules.py::swap_*', file='rules.py', function='swap_*')
    """
    file, colons, function = text.partition("::")
    if not file or (colons and not function):
        raise InputError(f"{text!r} leaves nothing out", hint="--omit 'FILE' or --omit 'FILE::FUNCTION', both patterns")
    return Omission(text, file, function if colons else None)


@dataclass(frozen=True, slots=True)
class Source:
    """The code that is measured.

    Attributes:
        names: As the user names it.
        files: Absolute paths, sorted within each name.
        omissions: What is left out of these files; whole files are not in `files` any more.
        compiled: Extension modules without source beside them, which cannot be measured.
        modules: Names under which tests may import the files, to tell where they were imported from instead.
    """

    names: tuple[str, ...]
    files: tuple[Path, ...]
    omissions: tuple[Omission, ...]
    compiled: tuple[Path, ...]
    modules: tuple[str, ...]

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that hold the files."""
        return tuple(dict.fromkeys(path.parent for path in self.files))


def find_source(names: Sequence[str], *, omit: Sequence[str] = ()) -> Source:
    """Find the files of the packages, modules, folders or files `names`.

    Raises:
        InputError: A name stands for nothing, or for nothing that is Python source; or an omission matches no file.
    """
    omissions = tuple(read_omission(text) for text in omit)
    found: list[Path] = []
    compiled: list[Path] = []
    modules: list[str] = []
    for name in names:
        place, module = _place(name)
        files, extensions = _files(place)
        if not files:
            raise _no_source(name, extensions)
        found += files
        compiled += extensions
        modules.append(module)
    files = list(dict.fromkeys(found))
    for omission in omissions:
        if not any(map(omission.has_file, files)):
            raise InputError(
                f"--omit {omission.text!r} matches no file of {', '.join(names)}",
                hint=f"there are {', '.join(path.name for path in files[:8])}{', ...' if len(files) > 8 else ''}",
            )
    whole = [omission for omission in omissions if omission.function is None]
    kept = tuple(path for path in files if not any(omission.has_file(path) for omission in whole))
    if not kept:
        raise InputError(f"every file of {', '.join(names)} is left out")
    return Source(tuple(names), kept, omissions, tuple(compiled), tuple(modules))


def _place(name: str) -> tuple[Path, str]:
    """The folder or file that `name` stands for, and the name of its module as far as we can tell."""
    path = Path(name)
    if path.exists():
        return path.resolve(), path.resolve().stem
    if "/" in name or name.endswith(".py"):
        raise InputError("there is no such file or folder", location=Location(name), hint=_near_file(path))
    spec = _spec(name)
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve(), name
    if spec.origin is None or not Path(spec.origin).exists():
        raise InputError(f"the module {name!r} is {spec.origin or 'not in a file'}: it has no source to measure")
    return Path(spec.origin).resolve(), name


def _spec(name: str) -> ModuleSpec:
    folder = str(Path.cwd())
    sys.path.insert(0, folder)  # as for `python -m pytest`
    try:
        spec = find_spec(name)
    except (ImportError, ValueError) as error:
        raise _not_importable(name, str(error)) from error
    finally:
        sys.path.remove(folder)
    if spec is None:
        raise _not_importable(name, f"no module named {name!r}")
    return spec


def _not_importable(name: str, why: str) -> InputError:
    places = [path for folder in (Path(), Path("src")) if folder.is_dir() for path in sorted(folder.iterdir())]
    packages = {path.name: path for path in reversed(places) if (path / "__init__.py").is_file()}
    near = difflib.get_close_matches(name, packages, n=1)
    hint = f"did you mean {packages[near[0]]}?" if near else "a folder will do as well: --source src/PACKAGE"
    return InputError(f"{name!r} is neither a file nor a package that can be imported here: {why}", hint=hint)


def _near_file(path: Path) -> str | None:
    if not path.parent.is_dir():
        return None
    near = difflib.get_close_matches(path.name, [other.name for other in path.parent.iterdir()], n=1)
    return f"did you mean {path.parent / near[0]}?" if near else None


def _files(place: Path) -> tuple[list[Path], list[Path]]:
    """The Python files at `place`, and the extension modules of which there is no such file."""
    if place.is_file():
        return ([place], []) if place.suffix == ".py" else ([], [place])
    files = sorted(path for path in place.rglob("*.py") if "__pycache__" not in path.parts)
    extensions = [path for suffix in EXTENSION_SUFFIXES for path in sorted(place.rglob(f"*{suffix}"))]
    known = {path.with_suffix("") for path in files}
    return files, [path for path in dict.fromkeys(extensions) if path.parent / path.name.split(".")[0] not in known]


def _no_source(name: str, extensions: Sequence[Path]) -> InputError:
    if not extensions:
        return InputError(f"{name} holds no Python source")
    shown = ", ".join(path.name for path in extensions[:3])
    return InputError(
        f"{name} is compiled ({shown}), and there is no Python source to measure",
        hint="coverage.py sees Python only; measure an extension with its own compiler's tools (gcov, llvm-cov)",
    )


def read_source(path: Path) -> str:
    """The text of a file as Python reads it: in the encoding that it names, its lines ended by a newline each."""
    with tokenize.open(path) as file:
        return file.read()


def source_lines(text: str) -> list[str]:
    """The lines of source as Python counts them: a form feed ends none, as it does for `str.splitlines`.

    >>> source_lines("a\\fb\\nc\\n")
    ['a\\x0cb', 'c']
    """
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]
