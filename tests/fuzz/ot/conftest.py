from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.ot.corpus import read_corpus


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--corpus",
        type=Path,
        default=Path(__file__).with_name("corpus.txt"),
        metavar="FILE",
        help="what tests/fuzz/ot/test_corpus.py runs, as `guided --keep FILE` wrote it",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kept" in metafunc.fixturenames:
        path: Path = metafunc.config.getoption("--corpus", Path(__file__).with_name("corpus.txt"))
        metafunc.parametrize("kept", read_corpus(path), ids=bytes.hex)
