"""The `fields` parameter, taken apart: `id,attachments{media_type},insights.metric(a,b){name}`."""

import re
from dataclasses import dataclass, field

from ingest.sandbox import errors

TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[{}(),.]|\d+)")
DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Field:
    """A field with its arguments (`.limit(5)`, `.metric(a,b)`) and what is asked of inside it."""

    name: str
    arguments: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inner: tuple["Field", ...] = ()


def parse_fields(text: str) -> tuple[Field, ...]:
    """The fields that are asked for; each name once, the last one counts.

    Raises: GraphError 2500, as Meta refuses what it cannot parse.
    """
    parser = _Parser(text)
    fields = parser.listing(depth=0)
    parser.expect_end()
    return tuple({one.name: one for one in fields}.values())


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        position = 0
        while position < len(text.rstrip()):
            found = TOKEN.match(text, position)
            if found is None:
                raise errors.bad_fields(text[position])
            self._tokens.append(found.group(1))
            position = found.end()
        self._at = 0

    def listing(self, *, depth: int) -> list[Field]:
        if depth > DEEPEST:
            raise errors.bad_fields("{")
        fields = [self._field(depth)]
        while self._peek() == ",":
            self._at += 1
            fields.append(self._field(depth))
        return fields

    def expect_end(self) -> None:
        if self._peek() is not None:
            raise errors.bad_fields(str(self._peek()))

    def _field(self, depth: int) -> Field:
        name = self._name()
        arguments: dict[str, tuple[str, ...]] = {}
        while self._peek() == ".":
            self._at += 1
            argument = self._name()
            arguments[argument] = self._values()
        inner: tuple[Field, ...] = ()
        if self._peek() == "{":
            self._at += 1
            inner = tuple(self.listing(depth=depth + 1))
            self._take("}")
        return Field(name, arguments, inner)

    def _values(self) -> tuple[str, ...]:
        self._take("(")
        values = [self._value()]
        while self._peek() == ",":
            self._at += 1
            values.append(self._value())
        self._take(")")
        return tuple(values)

    def _value(self) -> str:
        word = self._peek()
        if word is None or word in "{}(),.":
            raise errors.bad_fields(word or "end")
        self._at += 1
        return word

    def _name(self) -> str:
        word = self._peek()
        if word is None or not (word[0].isalpha() or word[0] == "_"):
            raise errors.bad_fields(word or "end")
        self._at += 1
        return word

    def _take(self, wanted: str) -> None:
        if self._peek() != wanted:
            raise errors.bad_fields(self._peek() or "end")
        self._at += 1

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None
