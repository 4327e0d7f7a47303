"""The one Jinja2 environment, its filters, and the translation of its errors."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import jinja2

from testgen.errors import Location, RenderError
from testgen.render.layout import layout_call
from testgen.render.literals import cpp_literal, json_literal
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
        autoescape=False,  # noqa: S701 - code is written, not HTML; values pass through `py` or another literal
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["py"] = python_literal
    environment.filters["json"] = json_literal
    environment.filters["cpp"] = cpp_literal
    environment.filters["docstring"] = docstring_text
    environment.filters["comment"] = comment_text
    environment.globals["call"] = layout_call
    return environment


def docstring_text(text: str, width: int | None = None) -> str:
    """`text` as it may stand inside triple quotes: printable ASCII, no quote or backslash that could end them.

    Args:
        text: Anything.
        width: The most characters; what is longer ends in dots.
    """
    ascii_text = text.encode("ascii", "backslashreplace").decode()
    printable = "".join(char if " " <= char <= "~" else " " for char in ascii_text)
    inert = printable.replace("\\", "/").replace('"', "'")
    return inert if width is None or len(inert) <= width else f"{inert[: width - 3]}..."


def comment_text(text: str, width: int) -> str:
    """`text` as it may stand in a comment: printable ASCII, on one line, of at most `width` characters."""
    ascii_text = text.encode("ascii", "backslashreplace").decode()
    printable = "".join(char if " " <= char <= "~" else " " for char in ascii_text).rstrip()
    return printable if len(printable) <= width else f"{printable[: width - 3]}..."


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
    searched = tuple(folders)
    path = Path(name)
    if path.is_file() and (path.is_absolute() or not any((folder / path).is_file() for folder in folders)):
        searched, name = (path.resolve().parent, *folders), path.name
    try:
        return _environment(searched).get_template(name).render(context)
    except jinja2.TemplateNotFound as error:
        known = ", ".join(
            sorted(path.relative_to(folder).as_posix() for folder in folders for path in folder.rglob("*.j2"))
        )
        raise RenderError(
            f"no template {error.name!r}",
            location=(place := _place(error)),
            excerpt=_line(place),
            hint=f"there are: {known}; or give a path to a file",
        ) from error
    except jinja2.TemplateSyntaxError as error:
        place = Location(error.filename or name, error.lineno)
        raise _template_error(f"the template is malformed: {error.message}", place) from error
    except jinja2.UndefinedError as error:
        place = _place(error) or Location(name)
        raise _template_error(f"the template uses what is not there: {error.message}", place) from error
    except UnicodeDecodeError as error:
        raise _template_error(f"the template is not UTF-8: {error.reason}", _first_file(searched, name)) from error
    except Exception as error:  # expressions in templates are code, and may raise anything
        place = _place(error) or Location(name)
        raise _template_error(f"the template failed ({type(error).__name__}: {error})", place) from error


def _template_error(problem: str, place: Location) -> RenderError:
    return RenderError(problem, location=place, excerpt=_line(place), hint=_REPAIR, topic="languages")


def _line(place: Location | None) -> str | None:
    """What stands there, if it can be read."""
    if place is None or place.line is None:
        return None
    try:
        return Path(place.path).read_text(encoding="utf-8").split("\n")[place.line - 1]
    except (OSError, UnicodeDecodeError, IndexError):
        return None


def _first_file(folders: Sequence[Path], name: str) -> Location:
    """Where the template `name` is found."""
    return Location(next((str(folder / name) for folder in folders if (folder / name).is_file()), name))


_REPAIR = "repair the template at this line; some of what templates are given is there only with a binding"


def _place(error: BaseException) -> Location | None:
    """The innermost line of a template in the error's stack; Jinja2 rewrites it to the template's own lines."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [frame for frame in frames if not frame.filename.endswith(".py") and Path(frame.filename).is_file()]
    return Location(places[-1].filename, places[-1].lineno) if places else None
