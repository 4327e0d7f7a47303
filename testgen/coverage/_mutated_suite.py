"""The process that runs a suite against mutants: `python _mutated_suite.py ORDER`, ORDER being a file of JSON.

pytest collects the suite once, so that everything is imported; then each mutant is a fork of this process, in which the
mutated functions get other code and the tests that reach the mutated lines run until one fails. A fork costs
milliseconds where a new process would import and collect again.

Some mutants need more than a fork: code that runs on import has had its effect by then, a module may not be imported
yet, and a closure cannot take the code of one that closes over other names. They are told as "early", and each is run
by a process of its own, `order["fresh"]`, in which the module is imported as mutated.

Started by its path, and importing nothing of testgen, as `_measured_suite.py` and for the same reason. The answer is
written line by line to the file descriptor `order["answers"]`.
"""

from __future__ import annotations

import gc
import inspect
import json
import mmap
import os
import random
import select
import signal
import sys
import time
import traceback
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import coverage
import pytest

_UNWANTED = {"xdist": ("-n", "0"), "pytest_cov": ("--no-cov",), "pytest_randomly": ("-p", "no:randomly")}
_MESSAGE_CHARACTERS = 300
_LEAST_SECONDS, _TIMES_AS_LONG, _IDLE = 1.0, 20, 10
"""A test has gone astray after this much processor time, or so many times what it takes without a mutant; it may wait
`_IDLE` times as long."""
_OVERHEAD_SECONDS = 0.01
"""Of pytest for each test, about; it keeps hundredths of a second from deciding which test comes first."""
_MEMORY_BYTES = 4 << 30
_OUT_OF_TIME = signal.SIGPROF, signal.SIGALRM, signal.SIGKILL

Json = dict[str, Any]  # Any: JSON


class _Failure:
    """Remembers what the first failed test of this process failed of."""

    def __init__(self) -> None:
        self.told: Json | None = None
        self._report: pytest.TestReport | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Comes first, and knows no exception: an unexpected pass has none."""
        if report.failed and self.told is None:
            self._report = report
            self._tell(report.nodeid, AssertionError, "passes where it is expected to fail")

    def pytest_exception_interact(self, call: pytest.CallInfo[Any], report: Any) -> None:  # Any: of either kind
        if call.excinfo is not None and self._report is not None and report is self._report:
            self._tell(self._report.nodeid, call.excinfo.type, call.excinfo.value)

    def _tell(self, test: str, kind: type[BaseException], value: object) -> None:
        try:
            message = str(value).strip().split("\n", 1)[0]
        except Exception as error:  # a mutant's exception may be broken as well
            message = f"{type(error).__name__} while its message was made"
        by_assertion = issubclass(kind, (AssertionError, pytest.fail.Exception))
        self.told = {
            "test": test,
            "exception": "AssertionError" if by_assertion else kind.__name__,
            "message": message[:_MESSAGE_CHARACTERS],
        }


class _Outcomes:
    """Keeps the outcome and the seconds of each test, in the run without a mutant."""

    def __init__(self, measuring: coverage.Coverage) -> None:
        self._measuring = measuring
        self.outcomes: dict[str, str] = {}
        self.seconds: dict[str, float] = defaultdict(float)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._measuring.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self.outcomes.get(report.nodeid, "passed")
        if report.failed:
            before = "failed"
        elif report.skipped and before == "passed":
            before = "xfailed" if hasattr(report, "wasxfail") else "skipped"
        self.outcomes[report.nodeid] = before
        self.seconds[report.nodeid] += report.duration


class _Mutated:
    """Functions as they are in this process, to be given the code of a mutant."""

    def __init__(self, paths: list[str]) -> None:
        self._live: dict[tuple[str, str, int], list[FunctionType]] = defaultdict(list)
        wanted = set(paths)
        gc.unfreeze()  # what a plugin of pytest has frozen, as testgen's does in a large run, is not among the objects
        for found in gc.get_objects():
            if isinstance(found, FunctionType) and found.__code__.co_filename in wanted:
                self._live[_key(found.__code__)].append(found)
        self._codes = {path: compile(Path(path).read_bytes(), path, "exec") for path in paths}

    def exchanges(self, path: str, text: str) -> list[tuple[FunctionType, CodeType]] | None:
        """The functions that get other code in a mutant; None if that would not be all of its effect."""
        found: list[tuple[FunctionType, CodeType]] = []
        for old, new, is_inner in _pairs(self._codes[path], compile(text, path, "exec")):
            functions = self._live.get(_key(old), [])
            if not (functions or is_inner) or any(f.__code__.co_freevars != new.co_freevars for f in functions):
                return None
            found += [(function, new) for function in functions]
        return found or None


def mutate_imports(path: str, text: str) -> None:
    """Import the module at `path` as if it held `text`, if it has not been imported yet."""
    original = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
        if self.get_filename(fullname) == path:
            return compile(text, path, "exec")
        return original(self, fullname)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]  # of this process only


def _key(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _pairs(old: CodeType, new: CodeType, *, is_inner: bool = False) -> Iterator[tuple[CodeType, CodeType, bool]]:
    """The code of functions that differ, and whether it stands within another function."""
    inner, others = ([c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new))
    if len(inner) != len(others):  # those that are left are made by the function around them, whose code is exchanged
        return
    for one, other in zip(inner, others, strict=True):
        if one == other:
            continue
        is_function = bool(one.co_flags & inspect.CO_NEWLOCALS)
        if is_function:  # and not a class
            yield one, other, is_inner
        yield from _pairs(one, other, is_inner=is_inner or is_function)


class _Server:
    """A pytest plugin that runs the mutants once pytest has collected the tests, in place of running the tests."""

    def __init__(self, order: Json, early: coverage.Coverage) -> None:
        self._order = order
        self._early = early
        self._failure = _Failure()
        self._killers: dict[str, Counter[int]] = defaultdict(Counter)
        self.broken_files: list[tuple[str, str]] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            lines = report.longreprtext.strip().splitlines()
            self.broken_files.append((report.nodeid, lines[-1] if lines else ""))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._early.stop()
        if self.broken_files or not session.items:
            return True
        data = self._early.get_data()
        early = {path: set(data.lines(path) or ()) for path in self._order["paths"]}
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        session.config.pluginmanager.unregister(reporter)  # nobody reads it, and it takes its time for each test
        self._items = session.items
        self._mutated = _Mutated(self._order["paths"])
        gc.collect()
        gc.freeze()  # a fork copies only what it changes: keep the collector from touching everything
        baseline = self._baseline(session)
        if baseline is None:
            return True
        self._seconds = baseline["seconds"]
        told = {key: baseline[key] for key in ("names", "outcomes", "seconds", "wall")}
        self._answer({"baseline": {**told, "reaches": any(baseline["lines"].values())}})
        sound = {n for n, outcome in enumerate(baseline["outcomes"]) if outcome in ("passed", "xfailed")}
        self._run_all(self._order["mutants"], baseline["lines"], early, sound)
        self._control(session)
        return True

    def _answer(self, answer: Json) -> None:
        os.write(self._order["answers"], (json.dumps(answer) + "\n").encode())

    def _baseline(self, session: pytest.Session) -> Json | None:
        """Run everything once without a mutant, in a fork as the mutants; None if that ends badly."""
        file = Path(self._order["baseline"])

        def work() -> None:
            measuring = _measuring(self._order)
            outcomes = _Outcomes(measuring)
            session.config.pluginmanager.register(outcomes)
            started = time.perf_counter()
            measuring.start()
            _run_tests(self._items, range(len(self._items)), lambda position: False)
            measuring.stop()
            wall = time.perf_counter() - started
            names = [item.nodeid for item in self._items]
            numbers = {name: number for number, name in enumerate(names)}
            data = measuring.get_data()
            lines = {
                path: {
                    line: sorted(numbers[name] for name in contexts if name in numbers)
                    for line, contexts in data.contexts_by_lineno(path).items()
                }
                for path in self._order["paths"]
            }
            baseline = {
                "names": names,
                "outcomes": [outcomes.outcomes.get(name, "skipped") for name in names],
                "seconds": [outcomes.seconds[name] for name in names],
                "wall": wall,
                "lines": lines,
            }
            file.write_text(json.dumps(baseline), encoding="utf-8")

        pid = _fork(work)
        _, status = os.waitpid(pid, 0)
        if not file.is_file():
            self._answer({"broken": f"the run without a mutant ended with status {status}"})
            return None
        baseline: Json = json.loads(file.read_text(encoding="utf-8"))
        return baseline

    def _run_all(self, mutants: list[Json], lines: Json, early: dict[str, set[int]], sound: set[int]) -> None:
        """Run the mutants, `jobs` at a time."""
        running: dict[int, _Running] = {}
        try:
            self._run_each(iter(mutants), running, lines, early, sound)
        finally:
            for one in running.values():
                one.stop()

    def _run_each(
        self,
        waiting: Iterator[Json],
        running: dict[int, _Running],
        lines: Json,
        early: dict[str, set[int]],
        sound: set[int],
    ) -> None:
        exhausted = False
        while running or not exhausted:
            while not exhausted and len(running) < self._order["jobs"]:
                mutant = next(waiting, None)
                if mutant is None:
                    exhausted = True
                    break
                tests = self._reaching(mutant, lines[mutant["path"]], sound)
                is_early = bool(early[mutant["path"]] & set(mutant["lines"]))
                exchanges = self._mutated.exchanges(mutant["path"], mutant["text"]) if tests and not is_early else None
                if exchanges is not None:
                    started = self._start(mutant, tests, exchanges)
                    running[started.pipe] = started
                elif is_early or tests:
                    self._answer({"mutant": mutant["id"], "end": "early"})
                else:
                    self._answer({"mutant": mutant["id"], "end": "unreached"})
            for pipe in _ready(running):
                self._finish(running.pop(pipe))

    def _reaching(self, mutant: Json, lines: dict[str, list[int]], sound: set[int]) -> list[int]:
        """The tests that run a mutated line: those first that killed most in this function, for the time they take."""
        reaching = sorted({test for line in mutant["lines"] for test in lines.get(str(line), ())} & sound)
        random.Random(0).shuffle(reaching)  # tests that stand together are alike  # noqa: S311 - not for secrets
        kills = self._killers[mutant["function"]]
        return sorted(reaching, key=lambda test: -(kills[test] + 0.5) / (self._seconds[test] + _OVERHEAD_SECONDS))

    def _start(self, mutant: Json, tests: list[int], exchanges: list[tuple[FunctionType, CodeType]]) -> _Running:
        reading, writing = os.pipe()
        progress = mmap.mmap(-1, 8)

        def work() -> None:
            for function, code in exchanges:
                function.__code__ = code
            self._items[0].config.pluginmanager.register(self._failure)
            _limit_memory()

            def before(position: int) -> bool:
                progress[:8] = position.to_bytes(8, "little")
                _limit_time(self._seconds[tests[position]])
                return self._failure.told is not None

            done = _run_tests(self._items, tests, before)
            end = {"end": "survived"} if self._failure.told is None else {"end": "killed", **self._failure.told}
            os.write(writing, (json.dumps({**end, "tests_run": done}) + "\n").encode())

        pid = _fork(work)
        os.close(writing)
        deadline = sum(self._limit(test) for test in tests) * _IDLE
        return _Running(mutant, tests, pid, reading, progress, time.monotonic() + deadline)

    def _limit(self, test: int) -> float:
        return _time_limit(self._seconds[test])

    def _finish(self, running: _Running) -> None:
        """Answer for a mutant whose process has said its last word, or has been silent for too long."""
        text = b""
        while running.is_in_time() and not text.endswith(b"\n") and (part := os.read(running.pipe, 65536)):
            text += part
        status = running.stop(kill=not running.is_in_time())
        mutant = running.mutant
        position = int.from_bytes(running.progress[:8], "little")
        if text:
            answer = json.loads(text)
        elif os.WIFSIGNALED(status) and os.WTERMSIG(status) in _OUT_OF_TIME:
            answer = {"end": "timeout", "tests_run": position + 1}
        else:
            answer = {"end": "crashed", "tests_run": position + 1, "message": _words(status)}
        if answer["end"] in ("killed", "timeout", "crashed"):
            test = running.tests[min(answer["tests_run"], len(running.tests)) - 1]
            answer["test"] = self._items[test].nodeid
            self._killers[mutant["function"]][test] += 1
        self._answer({"mutant": mutant["id"], "reaching": len(running.tests), **answer})

    def _control(self, session: pytest.Session) -> None:
        """Run every test that killed, in the order of its number of kills, without a mutant: all must pass."""
        counts: Counter[int] = sum(self._killers.values(), Counter())
        tests = [test for test, _ in counts.most_common()]
        if not tests:
            return
        reading, writing = os.pipe()

        def work() -> None:
            session.config.pluginmanager.register(self._failure)
            _run_tests(self._items, tests, lambda position: self._failure.told is not None)
            os.write(writing, json.dumps(self._failure.told).encode())

        pid = _fork(work)
        os.close(writing)
        with os.fdopen(reading, "rb") as file:
            text = file.read()
        os.waitpid(pid, 0)
        self._answer({"control": json.loads(text) if text else {"test": "", "message": "it ended without an answer"}})


class _Running:
    """A mutant's process."""

    def __init__(
        self, mutant: Json, tests: list[int], pid: int, pipe: int, progress: mmap.mmap, deadline: float
    ) -> None:
        self.mutant = mutant
        self.tests = tests
        self.pid = pid
        self.pipe = pipe
        self.progress = progress
        self.deadline = deadline

    def is_in_time(self) -> bool:
        return time.monotonic() < self.deadline

    def stop(self, *, kill: bool = True) -> int:
        """Wait for the process, or end it; end what its tests have started. The status with which it ended."""
        if kill:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        os.close(self.pipe)
        return status


def _ready(running: dict[int, _Running]) -> list[int]:
    """The pipes that can be read or need not be waited for any more; waits for the first."""
    if not running:
        return []
    patience = min(one.deadline for one in running.values()) - time.monotonic()
    readable, _, _ = select.select(list(running), [], [], max(patience, 0))
    return readable or [pipe for pipe, one in running.items() if not one.is_in_time()]


def _run_tests(items: list[pytest.Item], order: Any, before: Callable[[int], bool]) -> int:  # Any: a sequence of int
    """Run the items in `order` until `before` says so; how many were run. What fixtures hold is let go in any case."""
    position = 0
    for position, number in enumerate(order):
        if before(position):
            break
        item = items[number]
        is_last = position + 1 == len(order)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None if is_last else items[order[position + 1]])
    else:
        return len(order)
    with suppress(Exception):  # of a test that has failed anyway
        items[0].session._setupstate.teardown_exact(None)
    return position


def _fork(work: Callable[[], None]) -> int:
    """Do `work` in a fork of this process; its process id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of threads, of which a test runner has none that matter
        pid = os.fork()
    if pid:
        return pid
    code = 0
    try:
        os.setpgid(0, 0)  # what tests start, and leave behind when they are broken off, can be found by this
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        work()
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        os._exit(code)


def _time_limit(seconds: float) -> float:
    return max(_LEAST_SECONDS, _TIMES_AS_LONG * seconds)


def _limit_time(seconds: float) -> None:
    """Let this process end by a signal if the next test takes far longer than `seconds`."""
    limit = _time_limit(seconds)
    signal.setitimer(signal.ITIMER_PROF, limit)
    signal.setitimer(signal.ITIMER_REAL, limit * _IDLE)


def _limit_memory() -> None:
    import resource

    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = _MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(_MEMORY_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _words(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return f"the process ended with exit code {os.waitstatus_to_exitcode(status)}"


def _measuring(order: Json) -> coverage.Coverage:
    measuring = coverage.Coverage(data_file=None, config_file=False, source_dirs=order["folders"])
    measuring.set_option("run:core", "ctrace")
    measuring.set_option("run:disable_warnings", ["no-data-collected", "module-not-measured", "already-imported"])
    return measuring


class _Fresh:
    """A pytest plugin for one mutant in a process of its own: runs the tests that pass without it until one fails."""

    def __init__(self, order: Json) -> None:
        self._order = order
        self._failure = _Failure()
        self._tests_run = 0

    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(self._failure)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        sound = set(self._order["fresh"]["tests"])
        items[:] = [item for item in items if item.nodeid in sound]

    def pytest_runtest_logstart(self) -> None:
        self._tests_run += 1

    def answer(self, status: int) -> Json:
        end: Json = {"end": "survived"}
        if self._failure.told is not None:
            end = {"end": "killed", **self._failure.told}
        elif status != 0:
            end = {"end": "killed", "exception": "not importable", "message": "the tests cannot be collected"}
        return {"mutant": self._order["fresh"]["id"], "tests_run": self._tests_run, **end}


def main(order: Json) -> int:
    """Collect the suite and run its mutants, or one of them."""
    sys.path[0] = os.getcwd()  # noqa: PTH109 - as `python -m pytest` has it, in place of this file's folder
    arguments = [*order["arguments"], "-o", f"cache_dir={order['baseline']}.cache", "-q", "-s", "--tb=native"]
    for module, options in _UNWANTED.items():
        if find_spec(module) is not None:
            arguments += options
    os.environ["TESTGEN_BRIEF"] = "1"  # which nobody reads: what the graph says of a test that fails
    if order.get("fresh"):
        mutate_imports(order["fresh"]["path"], order["fresh"]["text"])
        fresh = _Fresh(order)
        # With rewritten assertions pytest would read the file itself, where it belongs to one of pytest's plugins.
        status = pytest.main([*arguments, "-x", "--assert=plain"], plugins=[fresh])
        answer = fresh.answer(int(status))
    else:
        early = _measuring(order)
        early.start()
        server = _Server(order, early)
        status = pytest.main(arguments, plugins=[server])
        answer = {"status": int(status), "broken_files": server.broken_files}
    os.write(order["answers"], (json.dumps(answer) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
