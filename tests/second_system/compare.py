"""Run the generated live suites against a second system, and tell where it diverges from the specifications.

    python tests/second_system/compare.py              every test of every suite: 8 minutes
    python tests/second_system/compare.py --each 60    60 tests of each suite, evenly spaced: one minute

The second system is secantusdb, another server that speaks MongoDB's protocol, at the version which the extra
`second-system` pins. It is GPL, so it stays apart: installed in a virtual environment of its own, which is thrown away,
started as a process of its own, and never imported. Each suite has a server to itself, as it reads its whole oplog for
each question about it and gets slower with every test.

Exit codes as testgen's: 0 no divergence, 1 divergences, 3 it cannot be installed or started.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENT = PROJECT["project"]["optional-dependencies"]["second-system"][0]
SUITES = {
    name: suite for name, suite in PROJECT["tool"]["testgen"]["suites"].items() if suite["binding"].startswith("mongo_")
}
START_SECONDS = 120.0
SUITE_SECONDS = 1800.0


class SurroundingsError(Exception):
    """The second system cannot be installed or started."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the live suites against a second system.")
    parser.add_argument("suites", nargs="*", choices=[[], *SUITES], help="all by default", metavar="SUITE")
    parser.add_argument("--each", type=int, metavar="N", help="run N tests of each suite, evenly spaced")
    parser.add_argument("--json", action="store_true", help="print one document")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what is open is then closed, as with Ctrl-C
    try:
        with tempfile.TemporaryDirectory(prefix="testgen-second-system-") as folder:
            environment = installed(Path(folder))
            results = {}
            for name in options.suites or SUITES:
                print(f"{name} ...", file=sys.stderr)
                results[name] = run_suite(name, environment, Path(folder), options.each)
    except SurroundingsError as error:
        print(error, file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130
    print(json.dumps({"system": REQUIREMENT, "suites": results}, indent=1) if options.json else told(results))
    return 1 if any(result["diverged"] or result["errors"] for result in results.values()) else 0


def installed(folder: Path) -> Path:
    """A fresh virtual environment with the second system in it."""
    environment = folder / "venv"
    venv.create(environment, with_pip=True)
    command = [environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", REQUIREMENT]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment_apart())
    if done.returncode:
        reason = (done.stderr.strip() or "pip said nothing").splitlines()[-1]
        raise SurroundingsError(f"{REQUIREMENT} cannot be installed: {reason}")
    return environment


def run_suite(name: str, environment: Path, folder: Path, each: int | None) -> dict[str, Any]:
    """Build a suite and run it against a server of its own."""
    generated = Path("generated", name)  # below `folder`, so that commands read as they do for users
    testgen = [sys.executable, "-m", "testgen", "build", SUITES[name]["graph"], "--quiet"]
    subprocess.run([*testgen, "--out", folder / generated], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    outcomes = folder / f"{name}.json"
    command = [*_dying_with_us(), sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "outcomes"]
    command += ["--import-mode=importlib", "--outcomes", str(outcomes), *([f"--each={each}"] if each else [])]
    with serving(environment, folder / name) as uri:
        paths = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
        variables = {**os.environ, "PYTHONPATH": paths, "TESTGEN_MONGODB_URI": uri}
        variables.pop("TESTGEN_REQUIRE_LIVE", None)  # what is unsupported is to be skipped by name
        began = time.monotonic()
        pytest = subprocess.run(
            [*command, generated],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=SUITE_SECONDS,
        )
    if pytest.returncode not in (0, 1):
        raise SurroundingsError(f"pytest could not run {generated}:\n{pytest.stdout}{pytest.stderr}")
    return summed_up(json.loads(outcomes.read_text(encoding="utf-8")), time.monotonic() - began)


def summed_up(outcomes: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Count what became of the tests of a suite; divergences by kind, each with its shortest behavior."""
    counts = Counter(outcome["outcome"] for outcome in outcomes)
    kinds: dict[str, list[tuple[int, str]]] = {}
    for outcome in outcomes:
        if outcome["outcome"] == "failed":
            kinds.setdefault(outcome["kind"], []).append((outcome["steps"], outcome["command"]))
    return {
        "passed": counts["passed"],
        "diverged": counts["failed"],
        "skipped": counts["skipped"],
        "errors": counts["error"],
        "seconds": round(seconds, 1),
        "kinds": [{"kind": kind, "tests": len(told), "shortest": min(told)[1]} for kind, told in kinds.items()],
        "reasons": Counter(outcome["reason"] for outcome in outcomes if "reason" in outcome),
    }


def told(results: dict[str, dict[str, Any]]) -> str:
    columns = ("passed", "diverged", "skipped", "errors", "seconds")
    lines = [f"{REQUIREMENT}", "", " ".join([f"{'suite':25}", *(f"{column:>8}" for column in columns)])]
    for name, result in results.items():
        lines.append(" ".join([f"{name:25}", *(f"{result[column]:>8}" for column in columns)]))
    lines += ["", "divergences by kind, each with its shortest behavior"]
    for name, result in results.items():
        for kind in sorted(result["kinds"], key=lambda kind: -kind["tests"]):
            lines += [f"{kind['tests']:5}  {name}: {kind['kind']}", f"       {kind['shortest']}"]
    lines += ["", "skipped as unsupported, and errors"]
    for name, result in results.items():
        lines += [f"{count:5}  {name}: {reason}" for reason, count in result["reasons"].items()]
    return "\n".join(lines)


@contextlib.contextmanager
def serving(environment: Path, folder: Path) -> Iterator[str]:
    """Start the second system, and stop it however the block ends: killed, as its files are thrown away."""
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*_dying_with_us(), str(environment / "bin" / "secantusd-py"), "--port", str(port)]
    command += ["--storage-path", str(folder / "data")]
    command += ["--enable-test-commands", "--log-level", "WARNING"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment_apart(),
            start_new_session=True,
        )
    try:
        _wait_until_listening(server, port, folder / "log")
        yield f"mongodb://127.0.0.1:{port}/"
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_listening(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if server.poll() is not None or time.monotonic() > deadline:
            raise SurroundingsError(f"{REQUIREMENT} did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def _dying_with_us() -> list[str]:
    """Have Linux kill what is started when this process is killed; see `testgen.systems.process`."""
    return ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []


def _environment_apart() -> dict[str, str]:
    """The environment of processes that must not find what is installed here."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


if __name__ == "__main__":
    sys.exit(main())
