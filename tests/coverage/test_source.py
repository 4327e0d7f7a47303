"""Which files are measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from testgen.coverage.branches import map_source
from testgen.coverage.source import find_source
from testgen.errors import InputError
from tests.coverage.conftest import Write


def names(*sources: str, omit: tuple[str, ...] = ()) -> list[str]:
    return [path.name for path in find_source(sources, omit=omit).files]


@pytest.mark.parametrize("name", ["shop", "./shop", "shop/prices.py"])
def test_a_package_a_folder_and_a_file_are_found(shop: Path, name: str) -> None:
    assert names(name)[-1] == "prices.py"


def test_an_importable_module_is_found_by_its_name() -> None:
    assert names("testgen.ot.rules") == ["rules.py"]
    assert "transform.py" in names("testgen.ot")


def test_the_branches_of_a_function_that_is_left_out_do_not_count(shop: Path) -> None:
    assert len(map_source(find_source(["shop"])).branches) == 4
    assert map_source(find_source(["shop"], omit=["prices.py::price"])).branches == ()


def test_a_line_marked_as_no_branch_has_none(write: Write) -> None:
    text = "def f(x):\n    if x:{}\n        x += 1\n    return x\n"
    for mark, n_branches in (("", 2), ("  # pragma: no branch", 0)):
        write("code.py", text.format(mark))
        assert len(map_source(find_source(["code.py"])).branches) == n_branches


def test_two_names_of_one_file_measure_it_once(shop: Path) -> None:
    assert names("shop/prices.py", "shop") == ["prices.py", "__init__.py"]


def test_files_are_left_out_by_pattern(shop: Path) -> None:
    assert names("shop", omit=("__init__.py",)) == ["prices.py"]
    assert names("shop", omit=("shop/__*",)) == ["prices.py"]


def test_functions_are_left_out_by_pattern(shop: Path) -> None:
    code = map_source(find_source(["shop"], omit=["prices.py::g*"]))
    assert code.left_out == ("shop/prices.py::gift",)
    assert [function.name for function in code.functions] == ["price"]
    assert (
        len(code.statements) == len(map_source(find_source(["shop"])).statements) - 2
    )  # its `def` does not count either


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("shopp", "can be imported here: no module named 'shopp'\nhint: did you mean shop?"),
        ("cellar", "no module named 'cellar'\nhint: did you mean src/cellar?"),
        ("shop.cellar.wine", "No module named 'shop.cellar'"),
        ("shop/price.py", "shop/price.py: there is no such file or folder\nhint: did you mean shop/prices.py?"),
        ("sys", "the module 'sys' is built-in: it has no source to measure"),
        ("empty", "empty holds no Python source"),
    ],
)
def test_what_cannot_be_measured_is_told(shop: Path, name: str, words: str) -> None:
    (shop / "empty").mkdir()
    (shop / "src" / "cellar").mkdir(parents=True)
    (shop / "src" / "cellar" / "__init__.py").touch()
    with pytest.raises(InputError) as caught:
        find_source([name])
    assert words in str(caught.value)


def test_an_extension_without_source_is_told(write: Write) -> None:
    write("fast/core.cpython-311-x86_64-linux-gnu.so", "")
    write("fast/core.so", "")
    with pytest.raises(InputError, match=r"fast is compiled .*and there is no Python source to measure\nhint:.*gcov"):
        find_source(["fast"])


def test_an_extension_beside_source_is_remembered(shop: Path, write: Write) -> None:
    write("shop/fast.so", "")
    write("shop/prices.so", "")  # compiled from prices.py, which is measured
    assert [path.name for path in find_source(["shop"]).compiled] == ["fast.so"]


@pytest.mark.parametrize(
    ("omit", "words"),
    [
        ("cellar.py", "--omit 'cellar.py' matches no file of shop\nhint: there are __init__.py, prices.py"),
        ("prices.py::wine", "--omit 'prices.py::wine' matches no function"),
        ("prices.py::", "'prices.py::' leaves nothing out"),
        ("*.py", "every file of shop is left out"),
    ],
)
def test_an_omission_that_leaves_out_nothing_or_all_is_refused(shop: Path, omit: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        map_source(find_source(["shop"], omit=[omit]))
    assert words in str(caught.value)


def test_a_file_that_is_not_python_is_told_with_its_line(shop: Path, write: Write) -> None:
    write("shop/broken.py", "def f(:\n")
    with pytest.raises(InputError, match=r"broken\.py.*line 1"):
        map_source(find_source(["shop"]))


def test_source_without_a_statement_is_refused(write: Write) -> None:
    write("shop/__init__.py", "# nothing yet\n")
    with pytest.raises(InputError, match="has no statement that counts"):
        map_source(find_source(["shop"]))
