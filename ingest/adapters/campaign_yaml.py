"""Campaign files as data with the line of every field: strict YAML without aliases, tags or keys that stand twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from ingest.domain.fields import Path

TIMESTAMP = "tag:yaml.org,2002:timestamp"


class NotYaml(Exception):
    """The text cannot be read; `line` is where, `message` is what to do."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, and the line on which each of its fields stands."""

    data: Any
    lines: dict[Path, int]

    def line_of(self, path: Path) -> int:
        """The line of a field; of the nearest field around it when it is missing."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Loader(yaml.SafeLoader):
    """YAML's safe part. Dates stay text, so that a wrong one is refused with its field."""

    yaml_implicit_resolvers = {  # noqa: RUF012  PyYAML's own way to say which plain words become what
        first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
            raise NotYaml(_line(event), "aliases ('*name') are not allowed; write the value again")
        return super().compose_node(parent, index)


@lru_cache(maxsize=64)
def read_document(text: str) -> Document:
    """The data of one YAML document, and the line of each field; the same text is read once.

    Raises: NotYaml, with the line and what is wrong there.
    """
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            raise NotYaml(1, "the file is empty; campaigns/README.md says what a campaign file holds")
        lines = dict(_lines(node, ()))
        return Document(loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(mark.line + 1 if mark else 1, f"is not YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYaml(line, f"is not YAML: the character U+{ord(text[error.position]):04X} is not allowed") from None
    except RecursionError:
        raise NotYaml(1, "is nested too deeply for a campaign file") from None
    except ValueError as error:
        raise NotYaml(1, f"holds a value that cannot be read: {error}") from None
    finally:
        if loader:
            loader.dispose()


def _lines(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int]]:
    if not path:
        yield path, _line(node)
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise NotYaml(_line(key), "a key must be one word, not a list or a mapping")
            if key.value in seen:
                first = seen[key.value]
                raise NotYaml(_line(key), f"the key {key.value!r} stands twice (first on line {first}); keep one")
            seen[key.value] = _line(key)
            yield (*path, key.value), _line(key)
            yield from _lines(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*path, index), _line(value)
            yield from _lines(value, (*path, index))


def _line(node: yaml.Node | yaml.Event) -> int:
    mark = node.start_mark
    return int(mark.line) + 1 if mark else 1
