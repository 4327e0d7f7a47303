import os
import subprocess
import sys
from pathlib import Path

import pytest

from testgen.errors import ServerError
from testgen.mongo import directories
from testgen.mongo.directories import make_directory, process_start, sweep_directories


def renamed(path: Path, pid: int, start: str | None) -> Path:
    """The directory as another owner would have named it."""
    head, namespace, _, _, unique = path.name.rsplit("-", 4)
    return path.rename(path.with_name(f"{head}-{namespace}-{pid}-{start}-{unique}"))


@pytest.fixture
def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def waiting_process(*arguments: str) -> subprocess.Popen[bytes]:
    code = "import time; print(flush=True); time.sleep(6000)"
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()  # it has its own command line now, not its parent's
    return process


def test_a_living_owners_directory_stays_and_a_dead_ones_goes(tmp_path: Path, dead_pid: int) -> None:
    ours = make_directory(parent=tmp_path)
    stale = renamed(make_directory(parent=tmp_path), dead_pid, "77")
    (stale / "data").mkdir()
    (stale / "data" / "WiredTiger").write_text("x")
    assert sweep_directories(parent=tmp_path) == [stale]
    assert list(tmp_path.iterdir()) == [ours]


def test_a_process_number_that_is_used_again_is_not_the_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = renamed(make_directory(parent=tmp_path), os.getpid(), "77")
    with monkeypatch.context() as patch:  # the fault: believe the number alone
        patch.setattr(directories, "process_start", lambda pid: "77")
        assert sweep_directories(parent=tmp_path) == []
    assert sweep_directories(parent=tmp_path) == [stale]


def test_what_is_not_ours_stays(tmp_path: Path, dead_pid: int) -> None:
    namespace = make_directory(parent=tmp_path).name.split("-")[2]
    names = (
        f"testgen-mongod-{namespace}1-{dead_pid}-77-abc",  # another container's
        "testgen-mongod-notes",
        f"other-mongod-{namespace}-{dead_pid}-77-abc",
    )
    for name in names:
        (tmp_path / name).mkdir()
    assert sweep_directories(parent=tmp_path) == []


def test_an_orphaned_server_in_a_stale_directory_is_ended(tmp_path: Path, dead_pid: int) -> None:
    stale = renamed(make_directory(parent=tmp_path), dead_pid, "77")
    (stale / "data").mkdir()
    orphan, bystander = waiting_process(str(stale / "data")), waiting_process()
    try:
        (stale / "data" / "mongod.lock").write_text(f"{orphan.pid}\n")
        sweep_directories(parent=tmp_path)
        assert orphan.wait(60) == -9

        again = renamed(make_directory(parent=tmp_path), dead_pid, "77")
        (again / "data").mkdir()
        (again / "data" / "mongod.lock").write_text(f"{bystander.pid}\n")  # the number is somebody else's by now
        assert sweep_directories(parent=tmp_path) == [again]
        assert bystander.poll() is None
    finally:
        for process in (orphan, bystander):
            process.kill()
            process.communicate()


def test_a_process_that_is_a_zombie_counts_as_dead() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert process_start(process.pid) is None
    finally:
        process.wait()


def test_a_place_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="no directory for mongod can be made"):
        make_directory(parent=tmp_path / "gone")
