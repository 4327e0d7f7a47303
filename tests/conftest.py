"""What several rooms' tests share: golden files, small dumps, and the command line."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from testgen.cli import main as command_line

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # as in a shell's background; programs that are run would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

for name in ("PYTEST_ADDOPTS", "FORCE_COLOR", "PY_COLORS", "CI", "BUILD_NUMBER"):
    os.environ.pop(name, None)  # programs that are run say what tests look for, whatever the user likes, and wherever

# The same examples each time, so that a run tells of a change and not of luck; `pytest --hypothesis-profile seeking`
# looks for others. A busy machine is no failure, nor is what is larger than Hypothesis cares to draw, or filtered out.
settings.register_profile(
    "testgen",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.register_profile("seeking", settings.get_profile("testgen"), derandomize=False)
settings.load_profile("testgen")

TESTS = Path(__file__).resolve().parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write the golden files anew. Read the diff before you commit it."
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a golden file; with --update-golden, write it there."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"no golden file {path.name}; make it with pytest --update-golden"
        assert text == path.read_text(encoding="utf-8")

    return compare


def dot(
    states: Sequence[Mapping[str, str]], transitions: Sequence[tuple[int, str, int]], initial: Sequence[int] = (0,)
) -> str:
    """A dump as TLC writes it, of states given as TLA+ text by variable; a state's number is its place plus one."""

    def quoted(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    lines = ["strict digraph DiskGraph {", "nodesep=0.35;", "subgraph cluster_graph {", 'color="white";']
    for number, state in enumerate(states):
        text = quoted("\n".join(f"/\\ {name} = {value}" for name, value in state.items()))
        lines.append(f'{number + 1} [label="{text}"{",style = filled]" if number in initial else "];"}')
    for source, label, target in transitions:
        lines.append(f'{source + 1} -> {target + 1} [label="{quoted(label)}",color="black",fontcolor="black"];')
    return "\n".join([*lines, "{rank = same; 1;}", "}", "}"])


@pytest.fixture
def write_dot(tmp_path: Path) -> Callable[..., Path]:
    """Write a small dump (see `dot`) into the test's folder, under the name `name`."""

    def write(*args: object, name: str = "store.dot", **kwargs: object) -> Path:
        path = tmp_path / name
        path.write_text(dot(*args, **kwargs), encoding="utf-8")  # type: ignore[arg-type]  # passed on as they are
        return path

    return write


STORE_BINDING = f"{TESTS / 'systems' / 'store.py'}:Store"


def store_dot() -> str:
    """A dump of the specification that `tests/systems/store.py` conforms to: three behaviors, one of them long."""
    owners = '{o1, "o2"}'
    long = '[body |-> <<"first line", "second line">>, tags |-> {"urgent", "reviewed", "quoted"}, size |-> 1048576]'
    states = [
        {"entries": "<<>>", "history": "<<>>", "owners": owners, "busy": "FALSE"},
        {"entries": "[a |-> 1]", "history": "<<>>", "owners": owners, "busy": "TRUE"},
        {"entries": "<<>>", "history": '<<[key |-> "a", value |-> 1]>>', "owners": owners, "busy": "FALSE"},
        {"entries": f"[a |-> 1, b |-> {long}]", "history": "<<>>", "owners": owners, "busy": "TRUE"},
        {"entries": f"[b |-> {long}]", "history": "<<>>", "owners": owners, "busy": "TRUE"},
    ]
    transitions = [
        (0, 'Put("a", 1)', 1),
        (1, "Take", 2),
        (1, f'Put("b", {long})', 3),
        (0, f'Put("b", {long})', 4),
        (2, "Idle", 2),
    ]
    return dot(states, transitions)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The dump `store.dot` in the test's folder."""
    path = tmp_path / "store.dot"
    path.write_text(store_dot(), encoding="utf-8")
    return path


@pytest.fixture
def store_binding() -> str:
    return STORE_BINDING


@dataclass(frozen=True)
class Answer:
    """What a command left: exit code and both streams."""

    code: int
    out: str
    err: str


@pytest.fixture
def run_testgen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run a `testgen` command in this process."""

    def run(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["testgen", *map(str, arguments)])
        capsys.readouterr()
        code = command_line.run()
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run
