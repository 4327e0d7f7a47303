"""Read TLA+ values, states and action labels in the text that TLC prints.

The grammar is that of TLC 2.15 (2020-01) to 2.20 (2024-12): integers, strings, booleans, model values, sets, intervals,
sequences, records, functions, and the sets TLC leaves as expressions. Text may be broken over lines, as TLC's pretty
printer does beyond 80 columns. Errors carry the offset at which reading stopped; who knows the file adds the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from testgen.errors import Location, ParseError, shortened
from testgen.values import model
from testgen.values.model import Value

__all__ = ["ValueReader", "ValueSyntaxError", "VariableText", "parse_value", "split_action", "split_state"]

_DEPTH_LIMIT = 100
"""Nesting beyond this is refused; Python's own stack would end near 150."""
_DIGITS_LIMIT = 1000
"""Python refuses to read a number of more than 4300 digits; TLC's have ten, Apalache's more."""
_INTERVAL_LIMIT = 1 << 32
"""TLC's integers have 32 bits, so no interval has more elements."""

_SPACE = re.compile(r"\s*+")
_STRING = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)
_INTEGER = re.compile(r"-?[0-9]++")
_NAME = re.compile(r"[^\W\d]\w*+|[0-9]++[^\W\d]\w*+")
_OPERATOR = re.compile(r"<Operator [^>]*>")
_PLAIN, _PLAIN_SEQUENCE = r'[^\[\]{}()<"]*+', r'[^\[\]{}()<>"]*+'
_FLAT_GROUP = re.compile(
    rf"[\[{{(]{_PLAIN}(?:{_STRING.pattern}{_PLAIN})*+[\]}})]"
    rf"|<<{_PLAIN_SEQUENCE}(?:{_STRING.pattern}{_PLAIN_SEQUENCE})*+>>",
    re.DOTALL,
)
"""A bracketed group without another inside; a whole record of a log, for instance. These repeat a great deal."""
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_UNESCAPED = {"n": "\n", "t": "\t", "f": "\f", "r": "\r"}
_SYMBOL = re.compile(r"<<|>>|\|->|->|:>|@@|\.\.|\\X|[\[\]{}(),:]|\S")


class ValueSyntaxError(ParseError):
    """Text that is not a TLA+ value; `offset` is where reading stopped, or where the unclosed bracket stands."""

    def __init__(self, message: str, text: str, offset: int) -> None:
        start = text.rfind("\n", 0, offset) + 1
        end = text.find("\n", offset)
        line = text.count("\n", 0, offset) + 1
        super().__init__(
            message,
            location=Location("<value>", line, offset - start + 1),
            excerpt=text[start : end if end >= 0 else len(text)],
            excerpt_column=offset - start + 1,
        )
        self.text = text
        self.offset = offset


class VariableText(NamedTuple):
    """One variable of a printed state: its name, the text of its value, and where that starts in the state's text."""

    name: str
    value: str
    offset: int


def parse_value(text: str) -> Value:
    """The value that `text` spells.

    Raises:
        ValueSyntaxError: `text` is not exactly one value.

    >>> parse_value("[b |-> {3, 1, 2}, a |-> <<TRUE>>]").key
    '[a |-> <<TRUE>>, b |-> 1..3]'
    """
    return ValueReader().read(text)


class ValueReader:
    """Reads many values, remembering the bracketed groups it has met: logs repeat their entries state after state."""

    def __init__(self) -> None:
        self._known: dict[str, Value] = {}

    def read(self, text: str) -> Value:
        """The value that `text` spells; see `parse_value`."""
        return self.read_within(text, 0, len(text))

    def read_within(self, text: str, start: int, end: int) -> Value:
        """The value that `text[start:end]` spells; offsets of an error count in the whole `text`."""
        try:
            cursor = _Cursor(text[start:end], self._known)
            value = cursor.value(0)
            cursor.skip_space()
            if cursor.at < len(cursor.text):
                cursor.fail(f"{cursor.found()} after the end of the value")
        except ValueSyntaxError as error:
            raise ValueSyntaxError(error.message, text, start + error.offset) from None
        return value


class _Cursor:
    """Recursive descent over one text."""

    def __init__(self, text: str, known: dict[str, Value]) -> None:
        self.text = text
        self.at = 0
        self.known = known

    # Lexical part

    def skip_space(self) -> None:
        if self.text[self.at : self.at + 1] <= " ":  # mostly there is none, and a search costs much more than this
            match = _SPACE.match(self.text, self.at)
            assert match is not None
            self.at = match.end()

    def take(self, symbol: str) -> bool:
        self.skip_space()
        if self.text.startswith(symbol, self.at):
            self.at += len(symbol)
            return True
        return False

    def expect(self, symbol: str, what: str, opened: int) -> None:
        if self.take(symbol):
            return
        if self.at >= len(self.text):
            self.not_closed(what, opened)
        self.fail(f"expected {symbol} in the {what}, found {self.found()}")

    def name(self) -> str | None:
        self.skip_space()
        match = _NAME.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        return match.group()

    def found(self) -> str:
        match = _SYMBOL.match(self.text, self.at)
        return repr(match.group()) if match is not None else "the end"

    def fail(self, message: str) -> NoReturn:
        raise ValueSyntaxError(message, self.text, self.at)

    def not_closed(self, what: str, opened: int) -> NoReturn:
        raise ValueSyntaxError(f"{what} is not closed", self.text, opened)

    # Grammar

    def value(self, depth: int) -> Value:
        self.skip_space()
        if depth > _DEPTH_LIMIT:
            self.fail(f"value nested more than {_DEPTH_LIMIT} deep")
        text, at = self.text, self.at
        first = text[at : at + 1]
        if first in ("[", "{", "(") or text.startswith("<<", at):
            return self._bracketed(first, depth + 1)
        if first == '"':
            return self._string()
        name = _NAME.match(text, at)
        if name is not None:
            self.at = name.end()
            return self._word(name.group(), depth + 1)
        number = self._integer()
        if number is not None:
            return self._number(number, at)
        operator = _OPERATOR.match(text, at)
        if operator is not None:  # an operator passed to an action; only in labels
            self.at = operator.end()
            return model.ModelValue(operator.group())
        self.fail(f"expected a value, found {self.found()}")

    def _bracketed(self, first: str, depth: int) -> Value:
        flat = _FLAT_GROUP.match(self.text, self.at)
        if flat is not None and (known := self.known.get(flat.group())) is not None:
            self.at = flat.end()
            return known
        value = {"[": self._square, "{": self._set, "(": self._round, "<": self._sequence}[first](depth)
        if flat is not None and flat.end() == self.at:
            self.known[flat.group()] = value
        return value

    def _string(self) -> Value:
        match = _STRING.match(self.text, self.at)
        if match is None:
            self.not_closed("string", self.at)
        self.at = match.end()
        content = match.group(1)
        if "\\" in content:
            content = _ESCAPE.sub(lambda escape: _UNESCAPED.get(escape.group(1), escape.group(1)), content)
        return model.String(content)

    def _integer(self) -> int | None:
        match = _INTEGER.match(self.text, self.at)
        if match is None:
            return None
        if len(match.group()) > _DIGITS_LIMIT:
            self.fail(f"number of more than {_DIGITS_LIMIT} digits")
        self.at = match.end()
        return int(match.group())

    def _number(self, low: int, at: int) -> Value:
        if not self.take(".."):
            return model.Integer(low)
        self.skip_space()
        high = self._integer()
        if high is None:
            self.fail(f"expected the upper end of an interval, found {self.found()}")
        if high - low >= _INTERVAL_LIMIT:
            self.at = at
            self.fail("interval wider than TLC's integers")
        return model.interval(low, high)

    def _word(self, name: str, depth: int) -> Value:
        if name in ("TRUE", "FALSE"):
            return model.Boolean(name == "TRUE")
        if name == "BOOLEAN":
            return model.set_of([model.Boolean(False), model.Boolean(True)])
        if name == "SUBSET":
            return model.power_set(self.value(depth))
        return model.ModelValue(name)

    def _elements(self, close: str, what: str, opened: int, depth: int) -> Iterator[Value]:
        if self.take(close):
            return
        while True:
            yield self.value(depth)
            if not self.take(","):
                break
        self.expect(close, what, opened)

    def _set(self, depth: int) -> Value:
        opened = self.at
        self.at += 1
        return model.set_of(self._elements("}", "set", opened, depth))

    def _sequence(self, depth: int) -> Value:
        opened = self.at
        self.at += 2
        return model.sequence(list(self._elements(">>", "sequence", opened, depth)))

    def _square(self, depth: int) -> Value:
        """A record, a set of records, or a set of functions: known by what follows the first word."""
        opened = self.at
        self.at += 1
        name = self.name()
        if name is not None and self.take("|->"):
            return model.record(self._fields(name, "|->", "record", opened, depth))
        if name is not None and self.take(":"):
            return model.record_set(self._fields(name, ":", "set of records", opened, depth))
        self.at = opened + 1
        domain = self.value(depth)
        self.expect("->", "set of functions", opened)
        range_ = self.value(depth)
        self.expect("]", "set of functions", opened)
        return model.function_set(domain, range_)

    def _fields(self, name: str, arrow: str, what: str, opened: int, depth: int) -> dict[str, Value]:
        fields = {name: self.value(depth)}
        while self.take(","):
            following = self.name()
            if following is None:
                self.fail(f"expected a field's name in the {what}, found {self.found()}")
            if following in fields:
                self.fail(f"field {shortened(following)!r} stands twice in the {what}")
            self.expect(arrow, what, opened)
            fields[following] = self.value(depth)
        self.expect("]", what, opened)
        return fields

    def _round(self, depth: int) -> Value:
        """A function `(a :> 1 @@ b :> 2)`, a product `(S \\X T)`, or a value in brackets `(1..9)`."""
        opened = self.at
        self.at += 1
        first = self.value(depth)
        if self.take(":>"):
            pairs = [(first, self.value(depth))]
            while self.take("@@"):
                argument = self.value(depth)
                self.expect(":>", "function", opened)
                pairs.append((argument, self.value(depth)))
            self.expect(")", "function", opened)
            return model.function(pairs)
        factors = [first]
        while self.take("\\X"):
            factors.append(self.value(depth))
        self.expect(")", "product" if len(factors) > 1 else "value in brackets", opened)
        return model.cartesian_product(factors) if len(factors) > 1 else first


def split_state(text: str) -> list[VariableText]:
    """Cut a printed state, `/\\ x = 1` lines or a lone `x = 1`, into its variables in the order printed.

    A variable starts at a line that begins with `/\\ `; inside a value such a line cannot stand, as TLC indents what it
    breaks and writes a string's line break as an escape.

    Raises:
        ValueSyntaxError: A line without `name =`, or a name that stands twice.

    >>> [(v.name, v.value) for v in split_state("/\\\\ x = <<1,\\n  2>>\\n/\\\\ y = m1")]
    [('x', '<<1,\\n  2>>'), ('y', 'm1')]
    """
    variables: list[VariableText] = []
    names: set[str] = set()
    start = 0
    while start <= len(text):
        end = text.find("\n/\\ ", start)
        end = len(text) if end < 0 else end
        match = _VARIABLE.match(text, start, end)
        if match is None:
            raise ValueSyntaxError("expected 'variable = value'", text, start)
        name = match.group(1)
        if name in names:
            raise ValueSyntaxError(f"variable {shortened(name)!r} stands twice in the state", text, start)
        names.add(name)
        variables.append(VariableText(name, text[match.end() : end], match.end()))
        start = end + 1
    return variables


_VARIABLE = re.compile(r"(?:/\\ )?\s*+(\w++)\s*+=\s*+")
_ACTION = re.compile(r"([\w!:]++)\((.*)\)", re.DOTALL)


def split_action(label: str) -> tuple[str, tuple[Value, ...]]:
    """An edge label's action name and arguments; TLC prints arguments since 2025-02 only.

    A label of another form (hand-edited dumps have `[ft]`) is a name as it stands.

    >>> split_action('Put({m1, m2},"a")')
    ('Put', (<TLA+ {m1, m2}>, <TLA+ "a">))
    """
    match = _ACTION.fullmatch(label)
    if match is None:
        return label, ()
    try:
        arguments = parse_value(f"<<{match.group(2)}>>")
    except ValueSyntaxError:
        return label, ()
    assert isinstance(arguments, model.Function)
    return match.group(1), arguments.range
