"""`explore` with the real TLC; each run takes Java about 0.7 s to start and end."""

from __future__ import annotations

import gzip
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from testgen.analysis import naming_warnings
from testgen.errors import InputError, SurroundingsError
from testgen.graph import load
from testgen.tlc import Exploration, Progress, Verdict, explore, find_java, find_tlc
from testgen.tlc.nontermination import DEEPER

WriteSpec = Callable[..., tuple[Path, Path]]
ENDLESS = "INIT Init; NEXT Endless"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of its own, so that leftovers show."""
    folder = tmp_path / "temporary files"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def earlier_dump(tmp_path: Path) -> Path:
    path = tmp_path / "graphs" / "earlier.dot.gz"
    path.parent.mkdir()
    path.write_bytes(b"earlier")
    return path


_others: set[int] = set()


@pytest.fixture(autouse=True)
def _children_of_others() -> None:
    """What other tests' fixtures have running: servers, and what watches over their folders."""
    _others.clear()
    _others.update(children())


def children() -> list[int]:
    """The processes that this test has started, oldest first: Java, perhaps through a wrapper."""
    started = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    return [pid for pid in map(int, started) if pid not in _others]


def assert_nothing_left(temporary: Path, dump: Path, spec: Path) -> None:
    assert list(temporary.iterdir()) == []
    assert list(dump.parent.iterdir()) == [dump]
    assert dump.read_bytes() == b"earlier"
    assert {path.suffix for path in spec.parent.iterdir()} == {".tla", ".cfg"}
    assert children() == []


def test_a_dump_is_whole_and_the_same_for_the_same_fingerprint(
    write_spec: WriteSpec, tmp_path: Path, temporary: Path
) -> None:
    spec, cfg = write_spec("Counter", "CONSTANT N = 3; INIT Init; NEXT Next")
    shown: list[Progress] = []
    dumps = [tmp_path / "a.dot.gz", tmp_path / "b.dot"]
    results = [explore(spec, cfg, dump, workers=1, fingerprint=1, on_progress=shown.append) for dump in dumps]
    assert [result.verdict for result in results] == [Verdict.OK, Verdict.OK]
    text = gzip.decompress(dumps[0].read_bytes())
    assert text == dumps[1].read_bytes()
    assert text.endswith(b"}\n}")
    assert b'[label="Up"' in text
    assert results[0].statistics.distinct_states == 14
    assert results[0].dump_bytes == dumps[0].stat().st_size
    assert list(temporary.iterdir()) == []
    assert shown[0].seconds < results[0].seconds, "it is told while TLC runs"
    assert {"starting", "exploring"} & {progress.phase for progress in shown}


@pytest.mark.parametrize(
    ("module", "config", "verdict", "told"),
    [
        ("Counter", "CONSTANT N = 3; INIT Init; NEXT Next; INVARIANT Small", Verdict.INVARIANT, "invariant Small"),
        ("Counter", "CONSTANT N = 3; SPECIFICATION Spin; PROPERTY Arrives", Verdict.LIVENESS, "temporal property"),
        ("Counter", "CONSTANT N = 3; INIT Init; CHECK_DEADLOCK FALSE =; NEXT Next", Verdict.PARSE, "Counter.cfg:3: "),
        ("Faulty", "INIT Init; NEXT Up", Verdict.DEADLOCK, "deadlock"),
        ("Faulty", "INIT None; NEXT Up", Verdict.EVALUATION, "no state satisfies the initial predicate"),
        ("Faulty", "INIT Init; NEXT Fail", Verdict.EVALUATION, "Faulty.tla:11:57: Attempted to apply tuple"),
        ("Faulty", "INIT Init; NEXT Insist", Verdict.ASSERTION, 'Faulty.tla:12:33: Assert failed: "count too large"'),
        ("Doubtful", "INIT Init; NEXT Next", Verdict.ASSUMPTION, "Doubtful.tla:3:8"),
        ("Misspelt", "INIT Init; NEXT Next", Verdict.PARSE, "Misspelt.tla:5:18: Unknown operator: `countt'"),
    ],
)  # fmt: skip
def test_verdicts(
    write_spec: WriteSpec, temporary: Path, earlier_dump: Path, module: str, config: str, verdict: Verdict, told: str
) -> None:
    spec, cfg = write_spec(module, config)
    result = explore(spec, cfg, earlier_dump)
    assert result.verdict is verdict
    assert told in "\n".join([result.message, *map(str, result.problems)])
    assert_nothing_left(temporary, earlier_dump, spec)


def test_check_deadlock_works_with_every_tlc_and_the_argument_wins(write_spec: WriteSpec) -> None:
    spec, cfg = write_spec("Faulty", "INIT Init; CHECK_DEADLOCK FALSE; NEXT Up")
    assert explore(spec, cfg, None).verdict is Verdict.OK
    assert explore(spec, cfg, None, check_deadlock=True).verdict is Verdict.DEADLOCK


def test_names_that_are_not_ascii_under_the_posix_locale(
    write_spec: WriteSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, cfg = write_spec("Counter", "CONSTANT N = 3; INIT Init; NEXT Next")
    folder = tmp_path / "caf\u00e9"
    folder.mkdir()
    monkeypatch.setenv("LC_ALL", "C")
    assert explore(spec.rename(folder / spec.name), cfg, None).verdict is Verdict.OK


def test_paths_with_blanks_links_and_from_elsewhere(
    write_spec: WriteSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, cfg = write_spec("Counter", "CONSTANT N = 3; INIT Init; NEXT Next")
    real = tmp_path / "far" / "away" / "my specs"
    real.mkdir(parents=True)
    (real / "Own.tla").write_text(
        "---- MODULE Own ----\nEXTENDS Counter\n\\* caf\u00e9 \u2014\n====\n", encoding="utf-8"
    )
    spec.rename(real / spec.name)
    (tmp_path / "link").symlink_to(real)
    monkeypatch.chdir(tmp_path)
    result = explore(Path("link/Own.tla"), cfg.relative_to(tmp_path), Path("own.dot.gz"))
    assert (result.verdict, result.dump) == (Verdict.OK, Path("own.dot.gz"))


def test_endless_recursion_is_told_with_action_operator_and_what_was_printed(
    write_spec: WriteSpec, temporary: Path, earlier_dump: Path
) -> None:
    spec, cfg = write_spec("Faulty", "INIT Init; NEXT NextJoin")
    result = explore(spec, cfg, earlier_dump)
    assert result.verdict is Verdict.NON_TERMINATION
    lines = result.message.splitlines()
    assert lines[0] == f"evaluating action Join did not terminate: Merge ({spec}:5) calls itself without end"
    assert sorted(lines[2:]) == [
        '    <<"merging", [op |-> "move"], [op |-> "swap"]>>',
        '    <<"merging", [op |-> "swap"], [op |-> "move"]>>',
    ]
    assert_nothing_left(temporary, earlier_dump, spec)


def test_deep_recursion_is_told_from_endless_recursion(write_spec: WriteSpec) -> None:
    spec, cfg = write_spec("Faulty", "INIT Init; NEXT NextDive; CHECK_DEADLOCK FALSE")
    result = explore(spec, cfg, None)
    assert "recurses more deeply than Java's stack of 1m allows" in result.message
    assert result.hint == f"--stack {DEEPER * 1024}k is enough"
    assert explore(spec, cfg, None, stack="4m").verdict is Verdict.OK


def test_out_of_memory(write_spec: WriteSpec, temporary: Path, earlier_dump: Path) -> None:
    spec, cfg = write_spec("Faulty", "INIT Init; NEXT Hog")
    assert explore(spec, cfg, earlier_dump, heap="20m").verdict is Verdict.OUT_OF_MEMORY
    result = explore(spec, cfg, earlier_dump, heap="900000g")
    assert (result.verdict, result.hint) == (Verdict.OUT_OF_MEMORY, "ask for less with --heap")
    assert_nothing_left(temporary, earlier_dump, spec)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_leaves_nothing_behind(
    write_spec: WriteSpec, temporary: Path, earlier_dump: Path, number: signal.Signals
) -> None:
    before = signal.getsignal(number)

    def interrupt(progress: Progress) -> None:
        if progress.distinct_states > 100:
            assert len(children()) == 1
            os.kill(os.getpid(), number)

    spec, cfg = write_spec("Faulty", ENDLESS)
    result = explore(spec, cfg, earlier_dump, on_progress=interrupt)
    assert (result.verdict, result.verdict.exit_code) == (Verdict.INTERRUPTED, 130)
    assert number.name in result.message
    assert_nothing_left(temporary, earlier_dump, spec)
    assert signal.getsignal(number) == before


def test_a_java_killed_by_someone_else(write_spec: WriteSpec, temporary: Path, earlier_dump: Path) -> None:
    def kill(progress: Progress) -> None:
        if progress.distinct_states > 100:
            os.kill(children()[0], signal.SIGKILL)

    spec, cfg = write_spec("Faulty", ENDLESS)
    result = explore(spec, cfg, earlier_dump, on_progress=kill)
    assert (result.verdict, result.message) == (Verdict.STOPPED, "TLC was stopped by SIGKILL")
    assert_nothing_left(temporary, earlier_dump, spec)


def test_an_exception_on_the_way_leaves_nothing_behind(
    write_spec: WriteSpec, temporary: Path, earlier_dump: Path
) -> None:
    def fail(progress: Progress) -> None:
        if progress.distinct_states > 100:
            raise ZeroDivisionError

    spec, cfg = write_spec("Faulty", ENDLESS)
    with pytest.raises(ZeroDivisionError):
        explore(spec, cfg, earlier_dump, on_progress=fail)
    assert_nothing_left(temporary, earlier_dump, spec)


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv of util-linux ends Java when we are killed")
def test_java_dies_even_if_we_are_killed(write_spec: WriteSpec, tmp_path: Path) -> None:
    spec, cfg = write_spec("Faulty", ENDLESS)
    program = f"""
import threading
from pathlib import Path
from testgen.tlc import explore
children = Path(f"/proc/self/task/{{threading.get_native_id()}}/children")
tell = lambda progress: progress.distinct_states > 100 and print(children.read_text(), flush=True)
explore(Path({str(spec)!r}), Path({str(cfg)!r}), Path({str(tmp_path / "x.dot")!r}), on_progress=tell)
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment) as ours:
        assert ours.stdout is not None
        java = os.pidfd_open(int(ours.stdout.readline()))
        ours.kill()
    try:
        assert select.select([java], [], [], 20)[0] == [java]
    finally:
        os.close(java)


@pytest.mark.usefixtures("temporary")  # whose space a script's Java must be told with care
def test_a_wrapper_script_on_the_path_will_do(
    write_spec: WriteSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "bin" / "tlc"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\n"{find_java().path}" -cp "{find_tlc().path}" tlc2.TLC "$@"\n')
    script.chmod(0o755)
    monkeypatch.delenv("TLA2TOOLS_JAR", raising=False)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    spec, cfg = write_spec("Faulty", "INIT Init; NEXT Hog; CHECK_DEADLOCK FALSE")
    assert explore(spec, cfg, None, heap="20m").verdict is Verdict.OUT_OF_MEMORY


def test_missing_java_is_told_before_anything_is_written(
    write_spec: WriteSpec, temporary: Path, earlier_dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, cfg = write_spec("Faulty", ENDLESS)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(temporary))
    with pytest.raises(SurroundingsError, match="Java was not found"):
        explore(spec, cfg, earlier_dump)
    assert_nothing_left(temporary, earlier_dump, spec)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"workers": 0}, "0 workers"),
        ({"heap": "8q"}, "'8q' is not a size"),
        ({"heap": "1"}, "--heap 1 is too small for Java"),
        ({"stack": "135k"}, "--stack 135k is too small for Java"),
        ({"stack": "2g"}, "--stack 2g is too much for Java"),
        ({"fingerprint": 131}, "polynomial 131"),
    ],
)
def test_arguments_out_of_range(write_spec: WriteSpec, arguments: dict[str, object], complaint: str) -> None:
    spec, cfg = write_spec("Faulty", ENDLESS)
    run: Callable[..., Exploration] = explore
    with pytest.raises(InputError, match=complaint):
        run(spec, cfg, None, **arguments)


def test_step_that_is_quantified_over_a_variable_has_no_name_unless_it_is_defined(tmp_path: Path) -> None:
    module = r"""---- MODULE Mail ----
VARIABLE msgs
Init == msgs = {1, 2}
Receive(m) == msgs' = msgs \ {m}
Deliver == \E m \in msgs : Receive(m)
Next == NEXT
====
"""
    (tmp_path / "Mail.cfg").write_text("INIT Init\nNEXT Next\nCHECK_DEADLOCK FALSE\n")
    for next_, named in ((r"\E m \in msgs : Receive(m)", "Next"), ("Deliver", "Deliver")):
        (tmp_path / "Mail.tla").write_text(module.replace("NEXT", next_))
        explore(tmp_path / "Mail.tla", tmp_path / "Mail.cfg", tmp_path / "mail.dot")
        graph = load(str(tmp_path / "mail.dot"))
        assert {action.name for action in graph.actions} == {named}
        assert bool(naming_warnings(graph)) == (named == "Next")
