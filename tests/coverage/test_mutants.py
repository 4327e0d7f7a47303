"""Mutants: what they change, what they leave alone, and their ids."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Sequence
from pathlib import Path

import pytest

from testgen.coverage.branches import map_source
from testgen.coverage.judgments import Judgment, read_judgments
from testgen.coverage.mutant import Mutant
from testgen.coverage.mutants import make_mutants, read_patches
from testgen.coverage.patches import apply_patch
from testgen.coverage.source import find_source
from testgen.errors import InputError
from tests.coverage.conftest import PRICES, Write

REPOSITORY = Path(__file__).resolve().parents[2]


def mutants_of(write: Write, text: str, *omit: str) -> Sequence[Mutant]:
    write("code.py", text)
    return make_mutants(map_source(find_source(["code.py"], omit=omit)))


def changed(mutant: Mutant, text: str) -> tuple[str, ...]:
    """The lines of a mutant that are not in the source."""
    differing = difflib.ndiff(text.splitlines(), mutant.text.splitlines())
    return tuple(line[2:].strip() for line in differing if line.startswith("+ "))


def test_every_change_to_a_small_function_is_made_once(write: Write) -> None:
    text = "def least(a, b):\n    if a < b:\n        return a\n    b += 1\n    return b\n"
    found = [changed(mutant, text) for mutant in mutants_of(write, text)]
    assert sorted(found) == sorted(
        [
            *[(f"if a {relation} b:",) for relation in ("<=", "==", "!=", ">=", ">")],
            ("if True:",),
            ("if False:",),
            *[("return None",)] * 2,
            ("b = 1",),
            ("b -= 1",),
            ("b += 2",),
            ("b += 0",),
            ("pass",),
        ]
    )
    assert [mutant.lines for mutant in mutants_of(write, text)] == sorted(m.lines for m in mutants_of(write, text))


def test_each_mutant_is_python_that_differs_and_is_told_by_a_diff_that_makes_it() -> None:
    code = map_source(find_source(["testgen.ot.transform", "testgen.ot.apply"]))
    mutants = make_mutants(code)
    assert len(mutants) > 200
    assert len({mutant.id for mutant in mutants}) == len(mutants)
    for mutant in mutants:
        file = code.files[mutant.file]
        text = file.path.read_text(encoding="utf-8")
        assert ast.dump(ast.parse(mutant.text)) != ast.dump(ast.parse(text))
        assert apply_patch(mutant.diff, text, Path("x.diff")) == mutant.text
        assert mutant.function.split(".")[-1] in text
        first_changed = int(mutant.diff.split("@@ -")[1].split(",")[0])
        assert first_changed in range(min(mutant.lines) - 1, max(mutant.lines) + 1)


@pytest.mark.parametrize(
    "text",
    [
        "x = 1 + 2\n",
        "def f(x=3, *, y: int = 4) -> int: ...\n",
        'def f():\n    """Return 1."""\n',
        "def f(x):\n    assert x > 1, 2\n",
        "@decorated(1)\ndef f(): ...\n",
        "def f():\n    x: int\n",
        "def f(x):  # pragma: no cover\n    return x + 1\n",
        "class C:\n    x = 1\n",
        "def f():\n    from a import b\n",
    ],
)
def test_what_says_nothing_of_tests_is_left_alone(write: Write, text: str) -> None:
    with pytest.raises(InputError, match=r"no mutant can be made of code\.py|no statement that counts"):
        mutants_of(write, text)


def test_functions_that_are_left_out_are_left_alone(write: Write) -> None:
    found = mutants_of(write, "def f(x):\n    return x\n\n\ndef g(x):\n    return x\n", "code.py::f")
    assert {mutant.function for mutant in found} == {"g"}


def test_a_change_that_compiles_to_the_same_is_no_mutant(write: Write) -> None:
    """`if not x` in place of the same: mutmut drops the parentheses of a text, which are no change."""
    found = mutants_of(write, "def f(x):\n    return (x)\n")
    assert [changed(mutant, "def f(x):\n    return (x)\n") for mutant in found] == [("return (None)",)]


def test_ids_do_not_change_with_the_surroundings(write: Write) -> None:
    before = mutants_of(write, "def f(x):\n    return x + 1\n")
    text = '"""A docstring."""\n\n\ndef g():\n    return 7\n\n\ndef f(x):\n    # why\n    return x + 1\n'
    after = [mutant for mutant in mutants_of(write, text) if mutant.function == "f"]
    assert [mutant.id for mutant in before] == [mutant.id for mutant in after]
    other = mutants_of(write, "def f(y):\n    return y + 1\n")
    assert not {mutant.id for mutant in before} & {mutant.id for mutant in other}


def test_equal_lines_of_one_function_have_ids_of_their_own(write: Write) -> None:
    found = mutants_of(write, "def f(x):\n    x += 1\n    x += 1\n")
    assert len({mutant.id for mutant in found}) == len(found) == 10


def test_lines_are_those_that_run_if_a_change_has_an_effect(write: Write) -> None:
    text = (
        "def f(x, y):\n"
        "    if (x >\n"
        "            y):\n"
        "        return call(x,\n"
        "                    y)\n"
        "    match x:\n"
        "        case 1:\n"
        "            return 2\n"
        "        case 3:\n"
        "            return 4\n"
    )
    lines: dict[str, set[tuple[int, ...]]] = {}
    for mutant in mutants_of(write, text):
        lines.setdefault(mutant.operator, set()).add(mutant.lines)
    assert lines["relations"] == {(2, 3)}
    assert lines["arg_removal"] == {(4, 5)}
    assert lines["match"] == {tuple(range(6, 11))}


PATCH = """A bug that we once had.

--- a/shop/prices.py
+++ b/shop/prices.py
@@ -5,5 +5,5 @@
     \"\"\"What a customer pays.\"\"\"
     if amount > 10:
-        amount -= 1
+        amount -= 10
     if member:
         return amount - 2
"""


def read(shop: Path, diff: str) -> Mutant:
    path = shop / "ten-off.diff"
    path.write_text(diff, encoding="utf-8")
    (patch,) = read_patches([path], map_source(find_source(["shop"])))
    return patch


def test_a_patch_is_a_mutant_named_after_its_file(shop: Path) -> None:
    patch = read(shop, PATCH)
    assert (patch.id, patch.function, patch.operator, patch.lines) == ("ten-off", "price", "patch", (5, 6, 7, 8, 9, 10))
    assert patch.text == PRICES.replace("amount -= 1\n", "amount -= 10\n")


def test_a_patch_fits_where_its_lines_have_moved_to(shop: Path) -> None:
    (shop / "shop" / "prices.py").write_text(PRICES.replace("\n\n\ndef price", "\n\n# new\nX = 1\n\n\ndef price"))
    assert "amount -= 10\n" in read(shop, PATCH).text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("     if member:", "     if members:", "near line 5 stand nowhere\nhint: the source has changed since"),
        ("+++ b/shop/prices.py\n", "", "is not a unified diff: it has no line +++"),
        ("@@ -5,5 +5,5 @@\n", "", "is not a unified diff: it has no hunk"),
        ("b/shop/prices.py", "b/shop/wine.py", "changes shop/wine.py, which is not measured\nhint: name it"),
        ("amount -= 10", "amount -=", "makes shop/prices.py malformed"),
        ("amount -= 10", "amount -= 1", "otherwise than within functions, or not at all"),
        ("     if member:", "*    if member:", "ten-off.diff:10: is not a line of a unified diff"),
        ("A bug that we", "--- a/x\n+++ b/shop/prices.py\n--- a/y\n", "changes several files; a patch is of one"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(shop: Path, old: str, new: str, words: str) -> None:
    assert old in PATCH
    with pytest.raises(InputError) as caught:
        read(shop, PATCH.replace(old, new))
    assert words in str(caught.value)


def test_a_patch_of_more_than_bodies_is_refused(shop: Path) -> None:
    signature = "def price(amount: int, *, member: bool = False) -> int:"
    diff = (
        f"--- a/shop/prices.py\n+++ b/shop/prices.py\n@@ -4,1 +4,1 @@\n-{signature}\n"
        f"+{signature.replace('False', 'True')}\n"
    )
    with pytest.raises(InputError, match="hint: only bodies of functions can be exchanged"):
        read(shop, diff)


def test_two_places_that_look_alike_need_the_right_line() -> None:
    text = "x = 1\n" * 6
    diff = "--- a/x\n+++ b/x\n@@ -{},1 +1,1 @@\n-x = 1\n+x = 2\n"
    assert apply_patch(diff.format(3), text, Path("p")) == "x = 1\nx = 1\nx = 2\nx = 1\nx = 1\nx = 1\n"
    with pytest.raises(InputError, match="near line 9 stand in 6 places"):
        apply_patch(diff.format(9), text, Path("p"))


def test_the_two_bugs_of_2020_are_patches_that_fit() -> None:
    code = map_source(find_source([str(REPOSITORY / "testgen" / "ot" / "rules.py")]))
    patches = read_patches(sorted((REPOSITORY / "tests" / "mutants" / "ot").glob("*.diff")), code)
    assert [(patch.id, patch.function) for patch in patches] == [
        ("erase-erase-adjusts-nothing", "erase_erase"),
        ("erase-set-drops-every-set", "erase_set"),
    ]


def test_judgments_are_read(write: Write) -> None:
    path = write(
        "j.toml",
        '[a1]\nverdict = "equivalent"\nbecause = "no"\n["2e5"]\nverdict = "hole"\nbecause = "!"\nchange = "x"\n',
    )
    assert read_judgments(path) == {"a1": Judgment("equivalent", "no"), "2e5": Judgment("hole", "!", "x")}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[a1]\nverdict = ", "is not TOML"),
        ("a1 = 3\n", "a1 is not a table of texts"),
        ('[a1]\nverdict = "maybe"\nbecause = "x"\n', "mutant a1: the verdict is neither equivalent nor hole"),
        ('[a1]\nverdict = "equivalent"\n', "mutant a1 is judged without an argument"),
        ('[a1]\nverdict = "equivalent"\nbecause = " "\n', "mutant a1 is judged without an argument"),
        ('[a1]\nverdict = "hole"\nbecause = "x"\nby = "me"\n', "mutant a1 has the unknown key 'by'"),
    ],
)
def test_malformed_judgments_are_refused(write: Write, text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_judgments(write("j.toml", text))
    assert words in str(caught.value)
    with pytest.raises(InputError, match=r"no\.toml: cannot be read"):
        read_judgments(Path("no.toml"))


MATCHING = """
def f(x, y):
    match x:
        case 1:
            return (x or
                    y)
        case _:
            pass
    return y is  not x
"""


def test_what_libcst_spells_in_its_own_way_is_spliced_exactly(write: Write) -> None:
    """Cases of `match`, parentheses and operators of two words: libcst's text of these is not what stands there."""
    mutants = mutants_of(write, MATCHING)
    first, second = (mutant.text for mutant in mutants if mutant.operator == "match")
    assert first == MATCHING.replace("        case 1:\n            return (x or\n                    y)\n", "")
    assert second == MATCHING.replace("        case _:\n            pass\n", "")
    texts = {mutant.text for mutant in mutants}
    assert MATCHING.replace("(x or\n                    y)", "(x and y)") in texts
    assert MATCHING.replace("(x or\n                    y)", "(None)") in texts
    assert MATCHING.replace("is  not", "is") in texts
