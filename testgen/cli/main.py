"""The command group `testgen`, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import ClassVar

import click

from testgen.cli.lazy import LazyGroup
from testgen.cli.output import inert
from testgen.errors import ExitCode, TestgenError

__all__ = ["main", "testgen_version"]

EXIT_CODES = """\b
Exit codes:
   0  done
   1  done, and the answer is no: generated files out of date under --check,
      behaviors changed under diff, a binding that does not fit under init
      --verify, coverage under --fail-under or of nothing
   2  the request cannot be carried out: usage, input, binding, template, a
      specification that TLC cannot parse
   3  the surroundings are missing: no Java, no TLC, no permission, no space
   4  TLC ran out of memory
  11  explore: deadlock          12  explore: a safety property is violated
  13  explore: a temporal property is violated
  70  a defect in testgen        75  explore: TLC could not evaluate the spec
 130  interrupted
"""

_TOPICS = {
    "build": "init",
    "coverage": "coverage",
    "diff": "ci",
    "explore": "tutorial",
    "init": "init",
    "inspect": "formats",
}
"""The page that explains what a command is for, where its error names none of its own."""


def testgen_version() -> str:
    """The installed version."""
    try:
        return version("tla-testgen")
    except PackageNotFoundError:
        return "0+unknown"


testgen_version.__test__ = False  # type: ignore[attr-defined]  # its name would make pytest collect it


class _Testgen(LazyGroup):
    MODULES: ClassVar = {
        "build": "testgen.cli.build",
        "completion": "testgen.cli.completion",
        "coverage": "testgen.cli.coverage",
        "diff": "testgen.cli.diff",
        "doctor": "testgen.cli.doctor",
        "explore": "testgen.cli.explore",
        "help": "testgen.cli.help",
        "init": "testgen.cli.init",
        "inspect": "testgen.cli.inspect",
    }


@click.group(cls=_Testgen, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(testgen_version(), prog_name="testgen")
def testgen() -> None:
    """Turn the state graph of a checked TLA+ specification into tests of the real system.

    \b
    testgen explore graphs/specs/ArrayOT.tla --config ot   run TLC, keep its state graph
    testgen inspect graphs/ot.dot                          what is in the graph
    testgen build graphs/ot.dot                            one pytest test a behavior
    pytest generated/ot                                    run them

    \b
    testgen help tutorial                                  from a specification to a bug found, in ten minutes
    testgen init my.dot                                    begin with a specification of your own
    testgen doctor                                         what is installed, and how to get what is missing
    """


def main() -> None:
    """Run the command and exit."""
    sys.exit(run())


def run() -> int:
    """Run the command; return its exit code."""
    color = False if os.environ.get("NO_COLOR") else None
    sys.set_int_max_str_digits(0)  # numbers of behaviors can have many, and are told exactly in JSON
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files, for one, need not be encodable
            stream.reconfigure(errors="backslashreplace")
    try:
        result = testgen.main(standalone_mode=False, prog_name="testgen", color=color)
        if sys.stdout is not None:  # None if the caller has closed it
            sys.stdout.flush()
        return int(result or ExitCode.DONE)
    except TestgenError as error:
        error.topic = error.topic or _topic(sys.argv[1:])
        _tell_error(str(error), color)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return ExitCode.REQUEST
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit):  # the reader has seen enough, as `| head` has; click makes it a SystemExit
        _discard_output()
        return ExitCode.DONE
    except OSError as error:  # no space for what we print, for one
        _discard_output()
        _tell_error(": ".join(filter(None, [error.filename and str(error.filename), error.strerror])), color)
        return ExitCode.SURROUNDINGS
    except Exception:  # the last resort of the program: a defect is told as one
        traceback.print_exc()
        click.echo("this is a defect in testgen; please report the lines above and the command", err=True)
        return ExitCode.DEFECT


def _topic(arguments: Sequence[str]) -> str | None:
    """The page about the command that was given."""
    return _TOPICS.get(next((argument for argument in arguments if not argument.startswith("-")), ""))


def _tell_error(message: str, color: bool | None) -> None:
    click.echo(f"{click.style('error', fg='red', bold=True)}: {inert(message)}", err=True, color=color)


def _discard_output() -> None:
    """Let what could not be written vanish, or Python would try again on its way out."""
    if sys.__stdout__ is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())
