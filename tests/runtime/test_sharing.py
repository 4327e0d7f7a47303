"""`pytest --testgen-share`: the same outcomes and the same words as without, of fewer steps.

Array OT's committed suite with faults in its rules, and a store of accounts whose graph is TLC's (a tree of 128
behaviors; tests/data/specs/Accounts.tla, tests/systems/vault.py).
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from testgen.graph import load
from testgen.ot import Erase, Insert, MergeError, Move, Network
from testgen.render import render_suite, write_suite
from testgen.selection import select_behaviors
from testgen.tlc import Verdict, explore
from tests.conftest import TESTS
from tests.projects import make_project, run_pytest
from tests.test_seeded_faults import FAULTS, PLUGIN, REPOSITORY, SUITE, run_suite

SHARE = "--testgen-share"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("accounts")
    specs = TESTS / "data" / "specs"
    result = explore(specs / "Accounts.tla", specs / "Accounts.cfg", folder / "accounts.dot", workers=1)
    assert result.verdict is Verdict.OK
    shutil.copytree(TESTS / "systems", folder / "bindings", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pytest.ini").write_text("[pytest]\n")
    suite = select_behaviors(load(str(folder / "accounts.dot")))
    files = render_suite(suite, f"{folder}/bindings/vault.py:Accounts", version="0", folder=folder / "generated")
    write_suite(files, folder / "generated")
    return folder


@pytest.fixture
def accounts(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "accounts"))


def run(folder: Path, *arguments: str) -> str:
    return run_pytest(folder, "generated", *arguments, VAULT_COST="2")


def told(output: str) -> str:
    """What pytest prints, but for times and for what only sharing has to say."""
    output = re.sub(r"^=+ --testgen-share =+\n(?: +\d+  tests .*\n)+", "", output, flags=re.M)
    output = re.sub(r"\b0x[0-9a-f]{6,}", "0x", output)
    return re.sub(r"\bin \d+\.\d+s(?: \(\d+:\d+:\d+\))?", "in no time", output)


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "bindings" / "vault.py"
    source = path.read_text()
    assert source.count(old) == 1
    path.write_text(source.replace(old, new))


@pytest.mark.parametrize("name", ["none", "erase_erase_adjusts_nothing", "tie_of_move_and_insert_turned_round"])
def test_array_ot_has_the_same_outcomes_and_words(name: str, tmp_path: Path) -> None:
    options = []
    if name != "none":
        left, right, fault, _, _ = FAULTS[name]
        (tmp_path / "seeded_fault.py").write_text(PLUGIN.format(fault=fault, left=left, right=right))
        options = ["-p", "seeded_fault"]
    alone = run_suite(SUITE, *options, path=tmp_path).stdout
    shared = run_suite(SUITE, *options, SHARE, path=tmp_path).stdout
    assert told(shared) == told(alone)
    assert ("failed" in alone) == (name != "none")
    assert re.search(r"^  289  tests of ArrayOT: \d{3} of 2,023 statements were not performed again$", shared, re.M)


def test_nothing_that_tests_have_in_common_is_performed_twice(accounts: Path) -> None:
    counting = "        COUNTED.append(user)\n        self.note([user, password], self.vault.login(user, password))"
    change(accounts, "        self.note([user, password], self.vault.login(user, password))", counting)
    change(accounts, "class Vault:", "COUNTED: list[str] = []\n\n\nclass Vault:")
    tests = accounts / "generated" / "test_zzz.py"
    tests.write_text(
        "import sys\n\n\ndef test_count():\n"
        "    (counted,) = [m.COUNTED for m in list(sys.modules.values()) if hasattr(m, 'COUNTED')]\n"
        "    print('logins', len(counted))\n"
    )
    # 2 passwords to register, then twice one of 2 logins and 2 changes: of 2 * (1 + 4) states, each has 2 logins.
    (alone,) = re.findall(r"logins (\d+)", run(accounts, "-s"))
    (shared,) = re.findall(r"logins (\d+)", run(accounts, "-s", SHARE))
    assert (int(alone), int(shared)) == (32 * 2 // 2, 2 * (1 + 4) * 2)
    assert "32 passed" not in shared


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('return "refused"\n        self.hashes', 'return "refused"\n        return "changed"\n        self.hashes'),
        ('return "registered"', "raise OSError(f'no room for {user}')"),
        ("self.answers.append(", "list[object]().append("),
        ('return "changed"', "return 'changed' if to == 'a' else missing"),
    ],
)
def test_broken_system_fails_the_same_tests_in_the_same_words(old: str, new: str, accounts: Path) -> None:
    change(accounts, old, new)
    alone, shared = run(accounts), run(accounts, SHARE)
    assert told(shared) == told(alone)
    assert re.search(r"\d+ failed", alone)


def test_restore_that_does_not_copy_shows(accounts: Path) -> None:
    """What the comparison of outcomes above is worth: a binding that is wrong here gives others."""
    change(accounts, "dict(hashes), [*answers]", "hashes, answers")
    assert "32 passed" in run(accounts)
    assert re.search(r"\d+ failed", run(accounts, SHARE))


@pytest.mark.parametrize("options", [("-p", "reversed_order"), ("-n", "2"), ("-x",), ("-k", "login_login")])
def test_any_order_and_any_choice_of_tests_has_the_same_outcomes(options: tuple[str, ...], accounts: Path) -> None:
    (accounts / "reversed_order.py").write_text("def pytest_collection_modifyitems(items):\n    items.reverse()\n")
    change(accounts, 'return "changed"', "return 'changed' if to == 'a' else 'refused'")
    ended = r"\d+ (?:failed|passed|deselected)\b"
    alone = run_pytest(accounts, "generated", *options, VAULT_COST="2", PYTHONPATH=f".:{REPOSITORY}")
    shared = run_pytest(accounts, "generated", *options, SHARE, VAULT_COST="2", PYTHONPATH=f".:{REPOSITORY}")
    assert re.findall(ended, shared) == re.findall(ended, alone)
    assert sorted(re.findall(r"^FAILED (\S+)", shared, re.M)) == sorted(re.findall(r"^FAILED (\S+)", alone, re.M))
    assert "tests of Accounts: " in shared


def test_one_test_alone_runs_from_the_start(accounts: Path) -> None:
    source = (accounts / "generated" / "test_all.py").read_text()
    output = run_pytest(accounts, f"generated/test_all.py::{re.findall(r'def (test_.+)[(]', source)[0]}", SHARE)
    assert "    1  tests of Accounts: 0 of 7 statements were not performed again" in output
    assert "1 passed" in output


def test_binding_without_the_methods_is_named(store: Path, tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", store)
    output = run_pytest(project, "generated", SHARE)
    assert "    3  tests each from the start: Store has no snapshot and no restore" in output
    assert "3 passed" in output
    assert "--testgen-share" not in run_pytest(project, "generated")


@pytest.mark.parametrize("method", ["snapshot", "restore"])
def test_snapshot_or_restore_that_raises_is_told_and_fails_no_test(method: str, accounts: Path) -> None:
    change(
        accounts,
        f"    def {method}(self",
        f"    def {method}(self, *_):\n        raise OSError('full')\n\n    def was_{method}(self",
    )
    output = run(accounts, SHARE)
    assert "32 passed" in output
    assert re.search(rf"^ +\d+  tests each from the start: Accounts\.{method} raised OSError: full$", output, re.M)


def test_shrinking_finds_what_a_snapshot_leaks(accounts: Path) -> None:
    change(accounts, "self.vault.hashes, self.answers = dict(hashes), [*answers]", "self.answers = [*answers]")
    output = run(accounts, SHARE, "--testgen-shrink", "-k", "register_login")
    found = output.partition("smallest failing stories")[2].partition("FAILURES")[0]
    assert "  passes alone: state leaks between tests, as a snapshot may; it fails after generated/" in found
    command, *_ = re.findall(r"^  pytest (--testgen-share generated/.*)$", found, re.M)
    assert "1 failed, 1 passed" in run_pytest(accounts, *command.split(), VAULT_COST="2")
    assert "2 passed" in run_pytest(accounts, *command.split()[1:], VAULT_COST="2")


def test_snapshots_may_be_async(accounts: Path) -> None:
    change(accounts, "    def snapshot(", "    async def snapshot(")
    change(accounts, "    def restore(", "    async def restore(")
    output = run(accounts, SHARE)
    assert "32 passed" in output
    assert "never awaited" not in output
    assert re.search(r"^   32  tests of Accounts: 139 of 224 statements were not performed again$", output, re.M)


@pytest.mark.parametrize("method", ["snapshot", "restore"])
def test_snapshot_or_restore_that_hangs_is_told_and_fails_no_test(method: str, accounts: Path) -> None:
    change(accounts, '    unobserved = ("secrets",)\n', '    unobserved = ("secrets",)\n    step_seconds = 1.5\n')
    hangs = f"    def {method}(self, *_):\n        __import__('time').sleep(600)\n\n    def was_{method}(self"
    change(accounts, f"    def {method}(self", hangs)
    output = run(accounts, SHARE)
    assert "32 passed" in output
    assert f"Accounts.{method} raised Overdue: {method} of Accounts did not end within 1.5 s" in output


def test_instance_that_could_not_be_restored_is_not_kept_for_another_test(accounts: Path) -> None:
    reset = "    @resets\n    def forget(self):\n        assert not hasattr(self, 'half')\n        self.__init__()\n\n"
    reset += "    def snapshot("
    change(accounts, "    def snapshot(", reset)
    change(accounts, "import Binding, action", "import Binding, action, resets")
    broken = "self.half = True\n        raise OSError('half of it is lost')\n"
    change(accounts, "self.vault.hashes, self.answers = dict(hashes), [*answers]\n", broken)
    output = run(accounts, SHARE)
    assert "32 passed" in output
    assert "Accounts.restore raised OSError: half of it is lost" in output


def test_last_outcome_is_restored(accounts: Path) -> None:
    source = (accounts / "bindings" / "vault.py").read_text()
    source = source.replace("        self.note(", "        return self.note(")
    looks = "        assert self.last_outcome == (self.answers[-1]['answer'] if self.answers else None)\n"
    source = source.replace("        self.answers.append(", f"{looks}        self.answers.append(")
    (accounts / "bindings" / "vault.py").write_text(f"{source.rstrip()}\n")
    change(accounts, '"arguments": arguments})\n', '"arguments": arguments})\n        return answer\n')
    assert "32 passed" in run(accounts)
    assert "32 passed" in run(accounts, SHARE)


def test_test_that_looks_at_what_a_call_returns_is_run_as_ever(accounts: Path) -> None:
    tests = accounts / "generated" / "test_all.py"
    line = "    accounts.check_state(log=[])\n"
    tests.write_text(tests.read_text().replace(line, line + "    assert accounts.answers == []\n", 1))
    assert "32 passed" in run(accounts, SHARE)


def test_handwritten_tests_are_left_alone(accounts: Path) -> None:
    (accounts / "test_mine.py").write_text(
        "from testgen.bindings import load_name\nfrom testgen.runtime import binding_fixture\n\n"
        'Accounts = load_name("bindings/vault.py:Accounts", beside=__file__)\n'
        "accounts = binding_fixture(Accounts)\n\n\n"
        "def test_mine(accounts):\n    accounts.register('a', 'x')\n    assert type(accounts) is Accounts\n"
    )
    output = run_pytest(accounts, "test_mine.py", SHARE)
    assert "1 passed" in output
    assert "tests of Accounts" not in output


def test_copy_of_a_network_goes_its_own_way() -> None:
    network = Network(clients=2, array=[1, 2, 3])
    network.client(1).perform(Insert(ndx=0, value=0))
    network.client(2).perform(Erase(ndx=1))
    network.merge(1)
    twin = network.copy()
    network.client(2).perform(Move(from_ndx=0, to_ndx=1))
    network.merge(2)
    assert (twin.server.array, twin.client(2).array) == ([0, 1, 2, 3], [1, 3])
    twin.merge(2)
    twin.merge(1)
    twin.check_converged()
    assert twin.server.array == [0, 1, 3]
    with pytest.raises(MergeError):
        network.check_converged()
