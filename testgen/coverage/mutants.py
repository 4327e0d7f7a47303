"""Mutants of the source: what each changes, where, and an id that stays the same while its surroundings change.

Only what is within functions is changed, since only that can be exchanged in a process that has imported everything;
and of that not what says nothing of tests: annotations, decorators, defaults, docstrings, and `assert`, which states
what cannot happen. Changes that compile to the same bytecode are no mutants.

A *patch* is a mutant that somebody wrote: a unified diff, of a bug that was once real.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from testgen.coverage.branches import CodeMap
from testgen.coverage.mutant import Mutant
from testgen.coverage.operators import changes_of
from testgen.coverage.patches import apply_patch
from testgen.coverage.source import read_source, source_lines
from testgen.errors import InputError, Location, unreadable

__all__ = ["make_mutants", "read_patches"]


def make_mutants(code: CodeMap) -> tuple[Mutant, ...]:
    """Every mutant of the source that operators make, in order of files and lines.

    Raises:
        InputError: There is none: nothing that counts is within a function.
    """
    mutants = [mutant for number in range(len(code.files)) for mutant in _mutants_of(number, code)]
    if not mutants:
        raise InputError(f"no mutant can be made of {', '.join(file.shown for file in code.files)}")
    return tuple(mutants)


@dataclass(frozen=True, slots=True)
class _Change:
    """A replaced stretch of a file: bytes `start` to `end`, by `text`."""

    start: int
    end: int
    text: str
    operator: str
    function: str
    lines: tuple[int, ...]


class _Changes(cst.CSTVisitor):
    """Collects the changes of one file."""

    def __init__(self, source: bytes, wrapper: MetadataWrapper, excluded: frozenset[int]) -> None:
        super().__init__()
        self._source = source
        self._module = wrapper.module
        self._spans = wrapper.resolve(ByteSpanPositionProvider)
        self._starts = [0, *(n + 1 for n, byte in enumerate(source) if byte == ord("\n"))]
        self._excluded = excluded
        self._names: list[str] = []
        self._n_functions = 0
        self._statements: list[cst.CSTNode] = []
        self.found: list[_Change] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, (cst.Annotation, cst.Decorator, cst.Parameters, cst.Assert, cst.ImportFrom, cst.Import)):
            return False
        if _is_docstring(node):
            return False
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self._names.append(node.name.value)
            self._n_functions += isinstance(node, cst.FunctionDef)
        if isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            self._statements.append(node)
        if self._n_functions:
            self._change(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, (cst.FunctionDef, cst.ClassDef)):
            self._names.pop()
            self._n_functions -= isinstance(original_node, cst.FunctionDef)
        if isinstance(original_node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            self._statements.pop()

    def _change(self, node: cst.CSTNode) -> None:
        for operator, replaced, text in changes_of(node, self._text):
            span = self._spans.get(replaced)
            if span is None:  # space that libcst makes up
                continue
            lines = self._lines(replaced)
            if self._excluded.isdisjoint(lines):
                end = span.start + span.length
                self.found.append(_Change(span.start, end, text, operator, ".".join(self._names), lines))

    def _text(self, node: cst.CSTNode, changed: cst.CSTNode) -> str:
        """The text of `changed` in place of `node`'s.

        Its span may be without the space and the parentheses around it, or without its first line's indentation; then
        the whole module is written out, which takes its time, and the stretch that is not as before is taken.
        """
        span = self._spans[node]
        end = span.start + span.length
        if self._module.code_for_node(node).encode() == self._source[span.start : end]:
            return self._module.code_for_node(changed)
        whole = cst.ensure_type(self._module.deep_replace(node, changed), cst.Module).code.encode()
        return whole[span.start : len(whole) - (len(self._source) - end)].decode()

    def _lines(self, node: cst.CSTNode) -> tuple[int, ...]:
        """The lines of the statement around `node`; of a compound statement, of its head."""
        statement = self._statements[-1]
        if isinstance(statement, (cst.If, cst.While, cst.For, cst.With)):
            body = statement.body.body[0]
            return tuple(range(self._ends(statement)[0], max(self._ends(node)[1], self._ends(body)[0] - 1) + 1))
        around = statement if isinstance(statement, cst.SimpleStatementLine) else node  # such as a case of `match`
        first, last = self._ends(around)
        return tuple(range(first, last + 1))

    def _ends(self, node: cst.CSTNode) -> tuple[int, int]:
        """The first and the last line of `node`."""
        span = self._spans[node]
        return self._line(span.start), self._line(span.start + span.length - 1)

    def _line(self, place: int) -> int:
        low, high = 0, len(self._starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= place else (low, middle)
        return low + 1


def _is_docstring(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Expr) and isinstance(node.value, (cst.SimpleString, cst.ConcatenatedString))


def _mutants_of(number: int, code: CodeMap) -> Iterator[Mutant]:
    file = code.files[number]
    text = read_source(file.path)
    source = text.encode()
    changes = _Changes(source, MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True), file.excluded)
    changes._module.visit(changes)
    original = _essence(compile(text, str(file.path), "exec", dont_inherit=True))
    seen = {original}
    counts: Counter[tuple[str, ...]] = Counter()
    for change in sorted(changes.found, key=lambda change: (change.start, change.end)):
        mutated = (source[: change.start] + change.text.encode() + source[change.end :]).decode()
        try:
            essence = _essence(compile(mutated, str(file.path), "exec", dont_inherit=True))
        except (SyntaxError, ValueError):  # such as `return` outside of a function: an operator's oversight
            continue
        if essence in seen:
            continue
        seen.add(essence)
        changed = _changed_lines(text, mutated)
        key = ("/".join(file.path.parts[-2:]), change.function, *changed)
        counts[key] += 1
        digest = hashlib.sha256("\0".join([*key, str(counts[key])]).encode())
        yield Mutant(
            digest.hexdigest()[:8],
            number,
            change.function,
            change.lines[0],
            change.operator,
            change.lines,
            mutated,
            _diff(file.shown, text, mutated),
        )


def _essence(code: CodeType) -> tuple[object, ...]:
    """What a code object does, without where it stands: equal for sources that differ in layout only."""
    constants = tuple(
        _essence(value) if isinstance(value, CodeType) else (type(value).__name__, repr(value))
        for value in code.co_consts
    )
    return (
        code.co_code,
        constants,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_name,
        code.co_flags,
        code.co_argcount,
        code.co_kwonlyargcount,
        code.co_posonlyargcount,
        code.co_exceptiontable,
    )


def _changed_lines(one: str, other: str) -> tuple[str, str]:
    """The lines in which two texts differ, without those that they begin and end with alike, stripped."""
    lines, others = source_lines(one), source_lines(other)
    head = 0
    while head < min(len(lines), len(others)) and lines[head] == others[head]:
        head += 1
    tail = 0
    while tail < min(len(lines), len(others)) - head and lines[-1 - tail] == others[-1 - tail]:
        tail += 1
    return tuple(  # type: ignore[return-value]  # two of them
        "\n".join(line.strip() for line in side[head : len(side) - tail]) for side in (lines, others)
    )


def _diff(name: str, one: str, other: str) -> str:
    lines = difflib.unified_diff(source_lines(one), source_lines(other), f"a/{name}", f"b/{name}", lineterm="", n=1)
    return "\n".join(lines) + "\n"


def read_patches(paths: Sequence[Path], code: CodeMap) -> tuple[Mutant, ...]:
    """The mutants that the unified diffs `paths` describe, named after their files.

    Raises:
        InputError: A diff is missing, changes another file, does not fit, or changes more than functions' bodies.
    """
    return tuple(_patch(path, code) for path in paths)


def _patch(path: Path, code: CodeMap) -> Mutant:
    try:
        diff = path.read_text(encoding="utf-8")
    except OSError as error:
        raise unreadable(str(path), error) from error
    where = Location(str(path))
    target = next((line[4:].split("\t")[0].strip() for line in diff.splitlines() if line.startswith("+++ ")), None)
    if target is None:
        raise InputError("is not a unified diff: it has no line +++", location=where)
    wanted = Path(target.removeprefix("b/")).parts
    fitting = [n for n, file in enumerate(code.files) if file.path.parts[-len(wanted) :] == wanted]
    if not fitting:
        raise InputError(
            f"changes {'/'.join(wanted)}, which is not measured", location=where, hint="name it with --source"
        )
    file = code.files[fitting[0]]
    text = read_source(file.path)
    mutated = apply_patch(diff, text, path)
    try:
        compile(mutated, str(file.path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise InputError(f"makes {file.shown} malformed: {error}", location=where) from error
    functions = _changed_functions(text, mutated)
    if not functions:
        raise InputError(
            f"changes {file.shown} otherwise than within functions, or not at all",
            location=where,
            hint="only bodies of functions can be exchanged while tests run",
        )
    name, node = functions[0]
    ranges = [range(one.body[0].lineno, (one.end_lineno or one.lineno) + 1) for _, one in functions]
    lines = tuple(line for lines in ranges for line in lines)
    return Mutant(path.stem, fitting[0], name, node.lineno, "patch", lines, mutated, _diff(file.shown, text, mutated))


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _changed_functions(one: str, other: str) -> list[tuple[str, _Function]]:
    """The functions of `one` whose bodies `other` changes; none if it changes anything else."""
    before, after = (dict(_functions(ast.parse(text).body, "")) for text in (one, other))
    if before.keys() != after.keys():
        return []
    changed = [(name, node) for name, node in before.items() if ast.dump(node) != ast.dump(after[name])]
    shells = [ast.parse(text) for text in (one, other)]
    for shell in shells:
        for _, node in _functions(shell.body, ""):
            node.body = [ast.Pass()]
    return changed if ast.dump(shells[0]) == ast.dump(shells[1]) else []


def _functions(body: Sequence[ast.stmt], prefix: str) -> Iterator[tuple[str, _Function]]:
    """The functions of a module and its classes, not those within functions."""
    for node in body:
        if isinstance(node, _Function):
            yield f"{prefix}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.")
