"""Whether what the extra `mutants` installs is there; it is asked before anything is imported that needs it."""

from __future__ import annotations

from importlib.util import find_spec

from testgen.errors import SurroundingsError

__all__ = ["check_mutmut_is_installed"]

_HINT = "pip install 'tla-testgen[mutants]'"


def check_mutmut_is_installed() -> None:
    """Say how to get mutmut, and libcst with it, where it is missing.

    Raises:
        SurroundingsError: It is.
    """
    if find_spec("mutmut") is None:
        raise SurroundingsError("mutmut, whose operators make the mutants, is not installed", hint=_HINT)
