"""What testgen finds around it: the programs and packages that it can use, and how to get what is missing.

Programs are looked for where the rest of testgen looks for them, and asked for their versions; packages are those that
testgen's own metadata names, so nothing is listed here a second time.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import TYPE_CHECKING

from testgen.errors import SurroundingsError, TestgenError, Unavailable

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["Component", "take_stock"]

_PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Component:
    """A program or a package.

    Attributes:
        name: As people know it.
        state: "found", "missing", or "broken" if it is there and will not do.
        version: As it tells it; empty if it is not there, or does not tell.
        place: Its file, or what was wrong.
        origin: How it was found.
        needed_for: What cannot be done without it.
        hint: How to get it; empty if it is found.
        is_core: Whether testgen does nothing without it.
    """

    name: str
    state: str
    version: str
    place: str
    origin: str
    needed_for: str
    hint: str = ""
    is_core: bool = False


def take_stock() -> list[Component]:
    """Look for everything, the core first. Starts each program once, for its version; a second in all."""
    return [_python(), *_packages(), _java(), _tlc(), _mongodb(), _graphviz(), _compiler(), _chromium()]


def _python() -> Component:
    place, needed_for = sys.executable, "everything"
    return Component("Python", "found", platform.python_version(), place, "this one", needed_for, is_core=True)


def _packages() -> Iterator[Component]:
    """The packages of testgen's metadata that this platform asks for, those of the core first, then by extra."""
    try:
        own = distribution("tla-testgen")
    except PackageNotFoundError:
        hint = "install it: pip install tla-testgen"
        yield Component("tla-testgen", "missing", "", "no metadata", "", "its version and plugin", hint, is_core=True)
        return
    yield Component("tla-testgen", "found", own.version, _folder("testgen"), "this one", "everything", is_core=True)
    if importlib.util.find_spec("packaging") is None:
        hint = "pip install pytest"
        yield Component("pytest", "missing", "", "no package packaging", "", "everything", hint, is_core=True)
        return
    for extra in ("", *(own.metadata.get_all("Provides-Extra") or ())):
        if extra != "all":
            yield from _packages_of(own.requires or [], extra)


def _packages_of(requirements: list[str], extra: str) -> Iterator[Component]:
    from packaging.requirements import Requirement  # comes with pytest

    for requirement in map(Requirement, requirements):
        marker = requirement.marker
        of_core = marker is None or marker.evaluate({"extra": ""})
        is_wanted = of_core if not extra else not of_core and marker is not None and marker.evaluate({"extra": extra})
        if is_wanted:
            yield _package(requirement, extra)


def _package(requirement: Requirement, extra: str) -> Component:
    origin, needed_for, hint = "", "everything", f"pip install '{requirement.name}{requirement.specifier}'"
    if extra:
        origin, needed_for, hint = f"extra {extra}", f"the extra {extra!r}", f"pip install 'tla-testgen[{extra}]'"
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return Component(requirement.name, "missing", "", "", origin, needed_for, hint, is_core=not extra)
    if requirement.specifier.contains(found, prereleases=True):
        return Component(requirement.name, "found", found, "", origin, needed_for, is_core=not extra)
    wanted = f"wanted is {requirement.specifier}"
    return Component(requirement.name, "broken", found, wanted, origin, needed_for, hint, is_core=not extra)


def _java() -> Component:
    from testgen.tlc import find_java

    def found() -> tuple[str, str, str]:
        java = find_java()
        return java.version, str(java.path), "JAVA_HOME" if os.environ.get("JAVA_HOME") else "PATH"

    return _sought("Java", "testgen explore", found)


def _tlc() -> Component:
    from testgen.tlc import find_tlc, tlc_version

    def found() -> tuple[str, str, str]:
        tlc = find_tlc()
        try:
            found = tlc_version(tlc)
        except SurroundingsError:  # no Java, which its own line tells
            found = ""
        return found, str(tlc.path), tlc.origin

    return _sought("TLC", "testgen explore", found)


def _mongodb() -> Component:
    needed_for = "suites of a live MongoDB"
    try:
        from testgen.mongo.locate import MONGOD_HINT, find_mongod, shown_uri, user_uri
    except ImportError as error:  # no pymongo, which its own line tells
        return Component("MongoDB", "broken", "", str(error), "", needed_for, "pip install pymongo")
    if (uri := user_uri()) is not None:
        return Component("MongoDB", "found", "", shown_uri(uri), "TESTGEN_MONGODB_URI", needed_for)

    def found() -> tuple[str, str, str]:
        mongod = find_mongod()
        return _version(mongod.path, "--version", r"db version v(\S+)"), str(mongod.path), mongod.origin

    return _sought("MongoDB", needed_for, found, hint=MONGOD_HINT)


def _graphviz() -> Component:
    hint = "on Debian and Ubuntu: apt install graphviz"
    return _program("Graphviz", ("dot",), "-V", r"version (\S+)", "pictures of graphs", hint)


def _compiler() -> Component:
    names = (*filter(None, [os.environ.get("CXX")]), "c++", "g++", "clang++")
    hint = "on Debian and Ubuntu: apt install g++; or set CXX"
    return _program("C++ compiler", names, "--version", r"(\d+(?:\.\d+)+)", "generated tests in C++", hint)


def _chromium() -> Component:
    names = "chromium", "chromium-browser", "google-chrome", "chrome"
    hint = "on Debian: apt install chromium"
    return _program("Chromium", names, "--version", r"(\d+\.\d+\S*)", "checks of HTML reports, in development", hint)


def _program(name: str, names: tuple[str, ...], option: str, pattern: str, needed_for: str, hint: str) -> Component:
    path = next((found for found in map(shutil.which, names) if found), None)
    if path is None:
        return Component(name, "missing", "", f"no {' or '.join(names)} on PATH", "", needed_for, hint)
    try:
        return Component(name, "found", _version(Path(path), option, pattern), path, "PATH", needed_for)
    except TestgenError as error:
        return Component(name, "broken", "", error.message, "PATH", needed_for, hint)


def _sought(name: str, needed_for: str, find: Callable[[], tuple[str, str, str]], *, hint: str = "") -> Component:
    """What `find` tells (version, place, origin); missing or broken as its error says, which may have a better hint."""
    try:
        found, place, origin = find()
    except TestgenError as error:
        is_missing = isinstance(error, Unavailable) or "was not found" in error.message
        state = "missing" if is_missing else "broken"
        return Component(name, state, "", error.message, "", needed_for, error.hint or hint)
    except (OSError, subprocess.SubprocessError) as error:  # it is there, and does not start or answer
        return Component(name, "broken", "", str(error), "", needed_for, hint)
    return Component(name, "found", found, place, origin, needed_for)


def _version(path: Path, option: str, pattern: str) -> str:
    """The version that a program tells.

    Raises:
        SurroundingsError: It does not start, or does not tell.
    """
    try:
        command = [str(path), option]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise SurroundingsError(f"{path} does not start: {error}") from error
    found = re.search(pattern, answer.stdout + answer.stderr)
    if answer.returncode != 0 or found is None:
        lines = (answer.stderr + answer.stdout).strip().splitlines()
        raise SurroundingsError(f"{path} {option} did not tell a version{': ' + lines[0] if lines else ''}")
    return found[1]


def _folder(package: str) -> str:
    spec = importlib.util.find_spec(package)
    return str(Path(spec.origin).parent) if spec is not None and spec.origin else ""
