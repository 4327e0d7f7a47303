"""The one Jinja2 environment, its filters, and the translation of its errors."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jinja2

from testgen.errors import Location, RenderError
from testgen.render.layout import layout_call
from testgen.values import python_literal

__all__ = ["render_template", "shipped_templates"]

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped_templates() -> Path:
    """The folder of the templates that come with testgen: inside the wheel, or beside the package in a checkout."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


@cache
def _environment(folders: tuple[Path, ...]) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - Python is written, not HTML; values pass through `py`
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["py"] = python_literal
    environment.filters["docstring"] = docstring_text
    environment.globals["call"] = layout_call
    return environment


def docstring_text(text: str) -> str:
    """`text` as it may stand inside triple quotes: printable ASCII, no quote or backslash that could end them."""
    ascii_text = text.encode("ascii", "backslashreplace").decode()
    printable = "".join(char if " " <= char <= "~" else " " for char in ascii_text)
    return printable.replace("\\", "/").replace('"', "'")


def render_template(name: str, context: Mapping[str, object], *, extra_folder: Path | None = None) -> str:
    """Render the template `name` with `context`.

    Args:
        name: Path below a template folder, or a path to a file.
        context: What the template may use; anything else is an error.
        extra_folder: Searched before the shipped templates.

    Raises:
        RenderError: The template is missing, malformed, or uses an undefined name.
    """
    folders = [folder for folder in (extra_folder, shipped_templates()) if folder is not None]
    if Path(name).is_file() and not any((folder / name).is_file() for folder in folders):
        folders, name = [Path(name).resolve().parent, *folders], Path(name).name
    try:
        return _environment(tuple(folders)).get_template(name).render(context)
    except jinja2.TemplateNotFound as error:
        known = ", ".join(sorted(str(path.relative_to(folder)) for folder in folders for path in folder.rglob("*.j2")))
        raise RenderError(f"no template {error.name!r}", hint=f"there are: {known}") from error
    except jinja2.TemplateSyntaxError as error:
        raise RenderError(
            f"the template is malformed: {error.message}", location=Location(error.filename or name, error.lineno)
        ) from error
    except jinja2.UndefinedError as error:
        raise RenderError(
            f"the template uses what is not there: {error.message}", location=_place(error, name)
        ) from error
    except (TypeError, ValueError, jinja2.TemplateRuntimeError) as error:
        raise RenderError(f"the template failed: {error}", location=_place(error, name)) from error


def _place(error: BaseException, name: str) -> Location:
    """The innermost line of a template in the error's stack; Jinja2 rewrites it to the template's own lines."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    return Location(frames[-1].filename, frames[-1].lineno) if frames else Location(name)
