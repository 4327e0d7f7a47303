"""The command line that starts TLC, and the temporary folder it works in."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from testgen.errors import InputError, Location, SurroundingsError, unreadable
from testgen.tlc.configuration import merging_keywords, split_deadlock
from testgen.tlc.locate import Java, Tlc, find_java, find_tlc, writes_trace_specifications

__all__ = ["LEAST_HEAP", "STACKS", "Settings", "Workspace", "check_size", "size_bytes", "workspace"]

DEFAULT_STACK = "1m"
"""Java's own default on 64-bit Linux, said aloud so that a stack overflow can be judged."""

LEAST_HEAP = "2m"
STACKS = "136k", "1g"
"""What Java 17 takes on 64-bit Linux, least and most."""

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


@dataclass(frozen=True, slots=True)
class Settings:
    """How TLC is to run; see `explore` for the meaning."""

    workers: int
    fingerprint: int | None = None
    heap: str | None = None
    stack: str = DEFAULT_STACK
    check_deadlock: bool | None = None
    tlc_options: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Workspace:
    """A temporary folder for one exploration and the programs to use in it.

    Everything TLC writes goes there: the standard modules that 2.15 unpacks, Java's crash reports, and fingerprints and
    queue, for which each run has a folder of its own: 2.15 names what it puts there after the second, and two runs that
    begin in the same one would clash.
    """

    folder: Path
    spec: Path
    tlc: Tlc
    java: Java | None
    config_says_deadlock: bool | None
    merging: Sequence[str]
    _trace_flag: bool = field(repr=False)

    @property
    def dump_pipe(self) -> Path:
        return self.folder / "dump.dot"

    @property
    def stderr(self) -> Path:
        return self.folder / "stderr"

    def complaints(self) -> str:
        """What the last run printed on its standard error."""
        return self.stderr.read_text(encoding="utf-8", errors="replace")

    def command(self, settings: Settings, *, dump: bool) -> list[str]:
        """The command, to be run in the folder of the specification."""
        if self.java is not None:
            command = [str(self.java.path), *self._java_options(settings), "-cp", str(self.tlc.path), "tlc2.TLC"]
        else:
            command = [str(self.tlc.path)]
        deadlock = self.config_says_deadlock if settings.check_deadlock is None else settings.check_deadlock
        # Relative: 2.15 does not find a configuration whose path is absolute.
        config = os.path.relpath(self.folder / "model.cfg", os.path.realpath(self.spec.parent))
        command += ["-tool", "-nowarning", "-metadir", tempfile.mkdtemp(dir=self.folder), "-config", config]
        command += ["-workers", str(settings.workers)]
        command += ["-fp", str(settings.fingerprint)] if settings.fingerprint is not None else []
        command += ["-deadlock"] if deadlock is False else []
        command += ["-noGenerateSpecTE"] if self._trace_flag else []
        command += ["-dump", "dot,actionlabels", str(self.dump_pipe)] if dump else []
        return [*command, *settings.tlc_options, self.spec.name]

    def environment(self, settings: Settings) -> Mapping[str, str]:
        """A wrapper script starts its own Java, which is reached through a variable that every Java reads.

        In the POSIX locale Java cannot open a file whose name is not ASCII, whatever its options say.
        """
        environment = dict(os.environ)
        if environment.get("LC_ALL", "") in ("C", "POSIX"):
            environment["LC_ALL"] = "C.UTF-8"
        if self.java is None:
            given = environment.get("JAVA_TOOL_OPTIONS", "")
            options = [f'"{option}"' if " " in option else option for option in self._java_options(settings)]
            environment["JAVA_TOOL_OPTIONS"] = " ".join([given, *options]).strip()
        return environment

    def _java_options(self, settings: Settings) -> list[str]:
        return [
            "-XX:+UseParallelGC",  # TLC warns of any other
            *([f"-Xmx{settings.heap}"] if settings.heap else []),
            f"-Xss{settings.stack}",
            "-Dfile.encoding=UTF-8",  # else `?` for what is not ASCII, under LC_ALL=C
            "-Dstdout.encoding=UTF-8",
            f"-Djava.io.tmpdir={self.folder / 'tmp'}",
            f"-XX:ErrorFile={self.folder / 'java-crash.log'}",
        ]


@contextmanager
def workspace(spec: Path, config: Path) -> Iterator[Workspace]:
    """Find the programs and prepare a folder; it is deleted at the end, whatever happens.

    Raises:
        SurroundingsError: No Java, no TLC, or no room for temporary files.
        InputError: The configuration cannot be read.
    """
    tlc = find_tlc()
    java = find_java() if tlc.is_jar else None
    try:
        text = config.read_text(encoding="utf-8")
    except OSError as error:
        raise unreadable(str(config), error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8: {error.reason}", location=Location(str(config))) from error
    text, deadlock = split_deadlock(text)
    try:
        # Resolved, because the way back from the specification must not lead through symbolic links.
        folder = Path(tempfile.mkdtemp(prefix="testgen-tlc-")).resolve()
    except OSError as error:
        raise SurroundingsError(f"no temporary folder: {error}", hint="set TMPDIR to a folder with room") from error
    try:
        (folder / "tmp").mkdir()
        (folder / "model.cfg").write_text(text, encoding="utf-8")
        os.mkfifo(folder / "dump.dot")
        yield Workspace(folder, spec, tlc, java, deadlock, merging_keywords(text), writes_trace_specifications(tlc))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_size(what: str, size: str | None, least: str, most: str | None) -> None:
    """Refuse a size that Java would refuse, in words of its own.

    Raises:
        InputError: `size` is none, or out of bounds.
    """
    if size is None:
        return
    size_in_bytes = size_bytes(size)
    if size_in_bytes < size_bytes(least):
        raise InputError(f"--{what} {size} is too small for Java", hint=f"it takes {least} or more, as in 512m")
    if most is not None and size_in_bytes > size_bytes(most):
        raise InputError(f"--{what} {size} is too much for Java", hint=f"it takes {most} or less")


def size_bytes(size: str) -> int:
    """Read a size as Java has it: digits and k, m or g.

    Raises:
        InputError: It is not one.

    >>> size_bytes("2m")
    2097152
    """
    found = re.fullmatch(r"([1-9]\d*)([kmg]?)", size.lower())
    if found is None:
        raise InputError(f"{size!r} is not a size", hint="digits and a unit, as in 512m or 8g")
    return int(found[1]) * _UNITS[found[2]]
