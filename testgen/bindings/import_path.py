"""Where a binding's imports are looked for when nothing installed has the module: its project's folder, then its own.

Both are appended to `sys.path`, so that they shadow nothing, and stay there, as a method may import as well. `testgen
build` and the generated tests come here alike, from whatever folder they were started in.
"""

from __future__ import annotations

import sys
from pathlib import Path

from testgen.errors import BindingError, Location

__all__ = ["missing_module", "offer_folders"]

_PROJECT_FILES = "testgen.toml", "pyproject.toml"


def offer_folders(binding: Path) -> None:
    """Let the file `binding` import what lies beside the project file above it, or beside itself."""
    project = _project_folder(binding)
    for folder in (binding.parent,) if project is None else (project, binding.parent):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def missing_module(error: ModuleNotFoundError, binding: Path, where: Location) -> BindingError:
    """What to say of a module that `binding` imports and that is nowhere."""
    name = (error.name or "?").partition(".")[0]
    project = _project_folder(binding)
    if name in sys.modules:  # it is there, and something inside it is not
        hint = f"{name} comes from {getattr(sys.modules[name], '__file__', None) or 'a package without a file'}"
    elif project is None:
        hint = f"install it with pip; or write a testgen.toml, which may be empty, into the folder that has {name}"
    else:
        hint = f"install it with pip (`pip install -e .` for a package of your own), or have {name} in {project}"
    return BindingError(f"cannot be imported ({type(error).__name__}: {error})", location=where, hint=hint)


def _project_folder(binding: Path) -> Path | None:
    """The nearest folder above with a project file. Whether that names suites is not asked: it marks the place."""
    folders = (folder for folder in binding.parents if any((folder / name).is_file() for name in _PROJECT_FILES))
    return next(folders, None)
