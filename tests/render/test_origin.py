"""Where a suite came from can be found again, from wherever it is looked for."""

import json
from pathlib import Path

import pytest

from testgen.errors import InputError
from testgen.render import Origin, origin_of, read_origin, write_origin


def test_files_are_named_from_the_folder_and_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "test.py.j2").write_text("")
    out = tmp_path / "generated" / "bank"
    out.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    origin = origin_of(
        Path("generated/bank"),
        "graphs/bank.dot",
        "bindings/bank.py:Bank",
        template="mine/test.py.j2",
        templates=Path("mine"),
        allow_cut=True,
    )
    write_origin(origin, out)
    assert json.loads((out / "origin.json").read_text()) == {
        "schema": "testgen.origin/1",
        "graph": "../../graphs/bank.dot",
        "binding": "../../bindings/bank.py:Bank",
        "template": "../../mine/test.py.j2",
        "templates": "../../mine",
        "allow_cut": True,
    }
    monkeypatch.chdir(tmp_path / "mine")
    found = read_origin(out)
    assert Path(found.graph).resolve() == (tmp_path / "graphs" / "bank.dot").resolve()
    assert found.binding is not None
    assert Path(found.binding.removesuffix(":Bank")).resolve() == (tmp_path / "bindings" / "bank.py").resolve()
    assert found.template is not None
    assert Path(found.template).samefile(tmp_path / "mine" / "test.py.j2")
    assert found.templates is not None
    assert Path(found.templates).samefile(tmp_path / "mine")
    assert found.allow_cut


def test_names_that_are_no_files_stay_names(tmp_path: Path) -> None:
    origin = origin_of(tmp_path, str(tmp_path / "x.dot"), "array_ot", template="story/test.py.j2")
    assert origin == Origin("x.dot", "array_ot", "story/test.py.j2")


def test_dump_from_standard_input_is_told_to_be_gone(tmp_path: Path) -> None:
    write_origin(origin_of(tmp_path, "-", "array_ot"), tmp_path)
    with pytest.raises(InputError, match="standard input, and not kept"):
        read_origin(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "testgen.origin/2", "graph": "x"}', '{"schema": 1, "a": 2}']
)
def test_damaged_file_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "origin.json").write_text(text)
    with pytest.raises(InputError, match="is not what `testgen build` writes"):
        read_origin(tmp_path)
