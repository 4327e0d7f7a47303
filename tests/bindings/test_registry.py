"""Bindings are found by name, by entry point, and by file; what cannot be found or imported is told in plain words."""

import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from testgen.bindings import (
    Binding,
    binding_file,
    find_binding,
    known_bindings,
    load_name,
    matching_bindings,
    registry,
)
from testgen.bindings.array_ot import ArrayOT
from testgen.errors import BindingError

BINDING = (
    "from testgen.bindings import Binding, action\n\nclass Mine(Binding):\n    @action('A')\n    def a(self): ...\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def install(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Let packages offer bindings under these names."""
    points = [EntryPoint(name, value, "testgen.bindings") for name, value in values.items()]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)


def test_built_in_binding_is_found_by_name() -> None:
    assert find_binding("array_ot") is ArrayOT
    assert binding_file("array_ot") is None


def test_installed_binding_is_found_by_its_entry_point(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "installed_somewhere.py").write_text(BINDING)
    monkeypatch.syspath_prepend(folder)
    install(monkeypatch, mine="installed_somewhere:Mine [extra]")
    assert find_binding("mine").__name__ == "Mine"
    assert matching_bindings(["A"]) == ["mine"]


def test_built_in_binding_cannot_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, array_ot="elsewhere:Other")
    assert known_bindings()["array_ot"] == "testgen.bindings.array_ot:ArrayOT"


def test_installed_binding_that_cannot_be_imported_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "broken_somewhere.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(folder)
    install(monkeypatch, broken="broken_somewhere:Mine", gone="not_there_at_all:Mine")
    with pytest.raises(BindingError, match=r"'broken' cannot be imported .*\(ZeroDivisionError: "):
        find_binding("broken")
    with pytest.raises(BindingError, match=r"'gone' cannot be imported .*\(ModuleNotFoundError: "):
        find_binding("gone")


def test_binding_is_found_in_a_file_and_imported_once(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "mine.py").write_text(BINDING)
    found = find_binding("sub/mine.py:Mine")
    assert issubclass(found, Binding)
    assert find_binding(str(folder / "sub" / ".." / "sub" / "mine.py") + ":Mine") is found
    assert load_name("../sub/mine.py:Mine", beside=str(folder / "generated" / "test_x.py")) is found
    assert binding_file("sub/mine.py:Mine") == Path("sub/mine.py")


def test_two_files_of_one_name_are_two_bindings(folder: Path) -> None:
    for name in ("one", "other"):
        (folder / name).mkdir()
        (folder / name / "mine.py").write_text(BINDING)
    one, other = find_binding("one/mine.py:Mine"), find_binding("other/mine.py:Mine")
    assert one is not other
    assert find_binding("one/mine.py:Mine") is one
    assert sys.modules[one.__module__] is not sys.modules[other.__module__]


@pytest.mark.parametrize("name", ["aray_ot", "array-ot", "ArrayOT"])
def test_unknown_binding_lists_what_is_known(name: str) -> None:
    with pytest.raises(BindingError, match=f"unknown binding '{name}'") as caught:
        find_binding(name)
    assert caught.value.hint is not None
    assert "array_ot" in caught.value.hint
    assert "path/to/file.py:ClassName" in caught.value.hint


def test_near_match_is_offered() -> None:
    with pytest.raises(BindingError, match=re.escape("unknown binding 'aray_ot'; did you mean 'array_ot'?")):
        find_binding("aray_ot")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("\nclass (:\n", "mine.py:2:7: is not Python: invalid syntax"),
        ("\n\nimport not_there_at_all\n", "mine.py:3: cannot be imported (ModuleNotFoundError: No module named"),
        ("def f():\n    return undefined\n\nf()\n", "mine.py:2: cannot be imported (NameError: "),
        ("import json\njson.loads('')\n", "mine.py:2: cannot be imported (JSONDecodeError: "),
        (
            "import time\n\ntime.sleep(600)\n",
            "mine.py:3: is not imported within 0.3 s; it is at mine.py:3, in <module>:",
        ),
        (
            "import time\nwhile True:\n    try:\n        time.sleep(600)\n    except Exception:\n        pass\n",
            "mine.py:4: ",
        ),
        (
            "from testgen.bindings import Binding, action\n\nclass Mine(Binding):\n"
            "    @action('A')\n    def a(self):\n        yield\n",
            "mine.py:4: @action marks a, which is a generator, of which a call does nothing\nhint: decorate a method",
        ),
        (
            "from testgen.bindings import Binding, action\n\nclass Mine(Binding):\n"
            "    @action('Close')\n    def close(self): ...\n",
            "mine.py:4: Mine.close is marked by a decorator, but close is what testgen itself calls\nhint: name",
        ),
        (
            "from testgen.bindings import Binding, observes\n\nclass Mine(Binding):\n"
            "    @observes('a', within=-1)\n    def a(self): ...\n",
            "mine.py:4: @observes('a'): within=-1 is no distance\nhint: ",
        ),
        ("import sys\nsys.exit(0)\n", "mine.py:2: cannot be imported (SystemExit: 0)"),
        ("Mine = 1\n", "binding 'mine.py:Mine': 'Mine' is not a subclass of testgen.bindings.Binding"),
        ("class Mine: ...\n", "'Mine' is not a subclass of testgen.bindings.Binding\nhint: derive a class from it"),
        (
            BINDING.replace("Mine", "Yours"),
            "'Mine' is not a subclass of testgen.bindings.Binding\nhint: the file has Y",
        ),
        ("", "'Mine' is not a subclass"),
    ],
)
def test_file_that_is_no_binding_says_why(
    source: str, words: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_IMPORT_SECONDS", 0.3 if "sleep" in source else 600)
    (folder / "mine.py").write_text(source)
    with pytest.raises(BindingError) as caught:
        find_binding("mine.py:Mine")
    assert words in str(caught.value)


def test_file_that_failed_is_read_again_once_repaired(folder: Path) -> None:
    (folder / "mine.py").write_text("Binding = undefined")
    with pytest.raises(BindingError):
        find_binding("mine.py:Mine")
    (folder / "mine.py").write_text(BINDING)
    assert find_binding("mine.py:Mine").__name__ == "Mine"


@pytest.mark.parametrize("name", ["gone.py:Mine", "sub/gone.py:Mine"])
def test_missing_file_is_told(name: str) -> None:
    with pytest.raises(BindingError, match=re.escape(f"{name.partition(':')[0]}: no such file")):
        find_binding(name)


def test_name_that_has_gone_from_the_file_asks_for_a_build(folder: Path) -> None:
    (folder / "mine.py").write_text(BINDING)
    with pytest.raises(BindingError, match="has no 'Other' any more; build the suite again"):
        load_name("mine.py:Other", beside=str(folder / "test_x.py"))


def test_bindings_match_if_they_perform_every_action() -> None:
    assert matching_bindings(["Set", "Erase", "MergeAction"]) == ["array_ot"]
    assert matching_bindings(["Set", "Launch"]) == []
    assert matching_bindings([]) == []
