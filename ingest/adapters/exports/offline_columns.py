"""Columns of surveys and activity lists: what they may be called, and which table a header row is the head of."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

Kind = Literal["survey", "survey_wide", "respondents", "activities"]
DESCRIBED = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
COLUMNS: Mapping[str, Mapping[str, Any]] = DESCRIBED["columns"]
"""Each column by our name: what else it may be called, what it means, an example."""
TABLES: Mapping[str, Mapping[str, Any]] = DESCRIBED["tables"]
KNOWN = {
    alias: name
    for name, column in COLUMNS.items()
    for alias in (name.replace("_", " "), *column["also"])
}  # fmt: skip
OF_WAVE = {"n": "n", "asked": "n", "count": "count", "share": "share", "share %": "share", "share pct": "share",
           "%": "share", "percent": "share"}  # fmt: skip
EXPLAINED = ("Column", "Must be filled", "What it means", "Example", "Choices")
"""The header of the sheet of a template that explains its columns."""
WAVE_HEADER = re.compile(r"(?P<wave>.+?)\s*[:|/–-]\s*(?P<what>n|asked|count|share|share %|share pct|%|percent)")
"""A column of a wide table: a wave, and what of it: `baseline: n`, `endline: share %`."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table are: our name by position, waves of a wide table, and what is not understood."""

    kind: Kind
    named: Mapping[str, int]
    waves: Mapping[tuple[str, str], int]
    """Position of each wave's `n`, `count` and `share`, in the order of the columns."""
    indicators: Mapping[str, int]
    """Position of each indicator in a table of respondents."""
    unknown: tuple[str, ...]

    def cell(self, row: Sequence[str | None], name: str) -> str | None:
        """The cell of a column that is called so; None when there is none."""
        position = self.named.get(name)
        return row[position] if position is not None and position < len(row) else None


def is_explanation(header: Sequence[str]) -> bool:
    """Whether a sheet with such a header is that of a template which explains the columns, and holds nothing else."""
    return tuple(header[: len(EXPLAINED)]) == EXPLAINED


def plain(header: str | None) -> str:
    """A header without what differs by accident: case, blanks, soft hyphens, underscores."""
    text = unicodedata.normalize("NFKC", header or "").replace("\u00ad", "").replace("_", " ").casefold()
    return " ".join(text.split()).rstrip(" :*")


def recognised(headers: Sequence[str | None], indicators: frozenset[str]) -> Columns | None:
    """What table a header row is the head of; None when it is none of these.

    A column whose name is an indicator of a campaign makes it a table of respondents: nothing else of a person is read.
    """
    plainly = [plain(header) for header in headers]
    named: dict[str, int] = {}
    for position, text in enumerate(plainly):
        named.setdefault(KNOWN.get(text, ""), position)
    if "kind" in named and named.keys() & {"activity_id", "activity_name"}:
        return _columns("activities", headers, named)
    waves = {(match["wave"], OF_WAVE[match["what"]]): position for position, match in _of_waves(plainly)}
    if {"indicator", "wave"} <= named.keys() and named.keys() & {"count", "share"}:
        return _columns("survey", headers, named)
    if "indicator" in named and any(what != "n" for _, what in waves):
        return _columns("survey_wide", headers, named, waves=waves)
    asked = {text.replace(" ", "_"): position for position, text in enumerate(plainly)}
    asked = {name: position for name, position in asked.items() if name in indicators}
    return _columns("respondents", headers, named, indicators=asked) if "wave" in named and asked else None


def _of_waves(plainly: Sequence[str]) -> list[tuple[int, re.Match[str]]]:
    matches = ((position, WAVE_HEADER.fullmatch(text)) for position, text in enumerate(plainly))
    return [(position, match) for position, match in matches if match]


def _columns(
    kind: Kind,
    headers: Sequence[str | None],
    named: Mapping[str, int],
    *,
    waves: Mapping[tuple[str, str], int] | None = None,
    indicators: Mapping[str, int] | None = None,
) -> Columns:
    named = {name: named[name] for name in TABLES[kind]["columns"] if name in named}
    used = {*named.values(), *(waves or {}).values(), *(indicators or {}).values()}
    unknown = tuple(str(header) for position, header in enumerate(headers) if position not in used and header)
    return Columns(kind, named, waves or {}, indicators or {}, unknown)
