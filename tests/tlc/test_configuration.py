from pathlib import Path

import pytest

from testgen.errors import InputError, SurroundingsError
from testgen.tlc.configuration import find_configuration, find_specification, merging_keywords, split_deadlock


@pytest.mark.parametrize(
    ("text", "rest", "said"),
    [
        ("INIT Init\n", "INIT Init\n", None),
        ("INIT Init\nCHECK_DEADLOCK FALSE\nNEXT Next", "INIT Init\n\nNEXT Next", False),
        ("CHECK_DEADLOCK\n  TRUE \nNEXT Next", "\n \nNEXT Next", True),
        ("\\* CHECK_DEADLOCK FALSE\nINIT I", "\\* CHECK_DEADLOCK FALSE\nINIT I", None),
        ("(* CHECK_DEADLOCK FALSE *) CHECK_DEADLOCK TRUE", "(* CHECK_DEADLOCK FALSE *) ", True),
        ('CONSTANT C = "CHECK_DEADLOCK FALSE"', 'CONSTANT C = "CHECK_DEADLOCK FALSE"', None),
    ],
)
def test_the_deadlock_keyword_is_taken_out_and_lines_keep_their_numbers(
    text: str, rest: str, said: bool | None
) -> None:
    assert split_deadlock(text) == (rest, said)


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("INIT Init\nVIEW v\nSYMMETRY Perms", ("SYMMETRY", "VIEW")),
        ("SYMMETRY\n  Perms", ("SYMMETRY",)),
        ('\\* VIEW v\n(* SYMMETRY\nPerms *)\nCONSTANT C = "VIEW v" REVIEW = 1 VIEWS = 2', ()),
    ],
)
def test_keywords_that_merge_states_are_found(text: str, keywords: tuple[str, ...]) -> None:
    assert merging_keywords(text) == keywords


def test_a_configuration_is_a_file_or_a_name_beside_the_specification(tmp_path: Path) -> None:
    spec, small = tmp_path / "Queue.tla", tmp_path / "small.cfg"
    spec.touch()
    small.touch()
    assert find_specification(tmp_path / "Queue") == spec
    assert find_configuration(spec, "small") == small
    assert find_configuration(spec, "small.cfg") == small
    assert find_configuration(spec, str(small)) == small


def test_a_specification_that_may_not_be_read_is_a_matter_of_the_surroundings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "Queue.tla").touch()
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SurroundingsError, match=r"Queue\.tla: cannot be read: Permission denied"):
        find_specification(tmp_path / "Queue.tla")


def test_what_is_missing_is_told_with_what_is_there(tmp_path: Path) -> None:
    spec = tmp_path / "Queue.tla"
    spec.touch()
    (tmp_path / "small.cfg").touch()
    (tmp_path / "large.cfg").touch()
    with pytest.raises(InputError, match=r"no configuration .*Queue\.cfg(.|\n)*there are: large\.cfg, small\.cfg"):
        find_configuration(spec)
    with pytest.raises(InputError, match=r"no configuration smal\n.*did you mean small\.cfg\?"):
        find_configuration(spec, "smal")
    with pytest.raises(InputError, match=r"no specification .*Queu\.tla(.|\n)*did you mean Queue\.tla"):
        find_specification(tmp_path / "Queu.tla")
