import gzip
from pathlib import Path

import pytest

from testgen.errors import InputError, SurroundingsError
from testgen.tlc.dump import DumpFile

DOT = b'strict digraph DiskGraph {\n-1 [label="x = 0",style = filled]\n-1 -> 2 [label="Up"];\n2 [label="x = 1"];\n}\n}'


def write(path: Path, *chunks: bytes) -> DumpFile:
    with DumpFile(path) as file:
        for chunk in chunks:
            file.write(chunk)
        file.publish()
    return file


def test_equal_content_gives_equal_bytes_whatever_name_and_chunks(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.dot.gz", DOT)
    parts = write(tmp_path / "b.dot.gz", *(DOT[n : n + 7] for n in range(0, len(DOT), 7)))
    assert (tmp_path / "a.dot.gz").read_bytes() == (tmp_path / "b.dot.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.dot.gz").read_bytes()) == DOT
    assert whole.states == parts.states == 2
    assert whole.size_bytes == (tmp_path / "a.dot.gz").stat().st_size


def test_a_plain_dump_is_written_as_it_comes(tmp_path: Path) -> None:
    write(tmp_path / "new" / "folder" / "a.dot", DOT)
    assert (tmp_path / "new" / "folder" / "a.dot").read_bytes() == DOT


def test_an_earlier_dump_survives_an_unfinished_one(tmp_path: Path) -> None:
    path = tmp_path / "a.dot.gz"
    path.write_bytes(b"earlier")
    with pytest.raises(SurroundingsError, match="did not finish the dump"):
        write(path, DOT[:-3])
    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_without_publication_not_even_a_folder(tmp_path: Path) -> None:
    with DumpFile(tmp_path / "new" / "a.dot.gz") as file:
        file.write(DOT)
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.dot").mkdir()
    for path in (tmp_path / "file" / "a.dot", tmp_path / "folder.dot"):
        with pytest.raises(SurroundingsError, match="cannot write"), DumpFile(path):
            pass
    with pytest.raises(InputError, match=r"called a\.svg"):
        DumpFile(tmp_path / "a.svg")
