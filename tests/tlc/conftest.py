"""What the tests of `testgen.tlc` share: recorded output, and small specifications to run TLC on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from testgen.tlc.judgment import Sources, judge
from testgen.tlc.transcript import Transcript
from testgen.tlc.verdict import Exploration

DATA = Path(__file__).parent / "data"


@pytest.fixture
def data() -> Path:
    return DATA


@pytest.fixture
def write_spec(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    def write(module: str, config: str) -> tuple[Path, Path]:
        """Copy a module of `data/` and write a configuration, its lines parted by `;`."""
        folder = tmp_path / "specs"
        folder.mkdir(exist_ok=True)
        spec, cfg = folder / f"{module}.tla", folder / f"{module}.cfg"
        spec.write_text((DATA / spec.name).read_text())
        cfg.write_text(config.replace("; ", "\n") + "\n")
        return spec, cfg

    return write


@pytest.fixture
def replay(data: Path) -> Callable[..., Exploration]:
    def judge_recorded(name: str, module: str, status: int = 1, stderr: str = "") -> Exploration:
        transcript = read_recorded(data / f"{name}.txt")
        return judge(transcript, status, stderr, Sources(data / f"{module}.tla", data / f"{module}.cfg"))

    return judge_recorded


@pytest.fixture
def recorded(data: Path) -> Callable[[str], Transcript]:
    return lambda name: read_recorded(data / f"{name}.txt")


def read_recorded(path: Path) -> Transcript:
    transcript = Transcript()
    for line in path.read_text().splitlines():
        transcript.add(line)
    transcript.finish()
    return transcript
