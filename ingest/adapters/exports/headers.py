"""Which product a table comes from: by the headers that it must have, in whatever order, language and company."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.adapters.exports.dialects import Dialect, Meaning, dialects, plain
from ingest.adapters.exports.recognition import Column
from ingest.adapters.exports.sheets import Sheet

NEAR = 0.6
LONGEST_HEADER = 200
"""A longer cell is no header of any product, but text of a post."""


@dataclass(frozen=True, slots=True)
class Headed:
    """A table whose header is known: the dialect, the header's line, and what its columns are."""

    dialect: Dialect
    line: int
    language: str
    columns: tuple[Column, ...]
    unknown: tuple[tuple[str, str], ...]
    title: str = ""
    """What stands above the header, alone in its row."""
    currency: str = ""


def headed(sheet: Sheet) -> Headed | None:
    """The dialect that fits best, and where its header is; None when none does."""
    found = [
        (match, row)
        for row, (_, cells) in enumerate(sheet.head)
        for names in [[_names(cell) for cell in cells]]
        for dialect in dialects()
        if (match := _match(dialect, sheet, row, names)) is not None
    ]
    best = max(found, key=lambda one: (len(one[0].columns), -one[1], one[0].dialect.product), default=None)
    return best[0] if best else None


def nearest_product(sheet: Sheet) -> tuple[Dialect, list[str]] | None:
    """The product that a table resembles most, and the headers that it lacks for it; None when it has none of any."""
    cells = {plain(cell) for _, row in sheet.head[:5] for cell in row}
    dialect = max(dialects(), key=lambda one: sum(cell in one.headers for cell in cells))
    has = {dialect.headers[cell].name for cell in cells if cell in dialect.headers}
    if not has:
        return None
    names = {name: said["en"][0] for name, said in dialect.facts["fields"].items()}
    return dialect, [names.get(name, name) for name in dialect.required if name not in has]


def _match(dialect: Dialect, sheet: Sheet, row: int, names: Sequence[tuple[str, str]]) -> Headed | None:
    """What a row is as a header of the dialect; None when it is none. Its cells come with their names."""
    line, cells = sheet.head[row]
    meanings = [dialect.headers.get(whole) or dialect.headers.get(stem) for whole, stem in names]
    fields = {one.name for one in meanings if one}
    if not set(dialect.required) <= fields or (dialect.any_of and not fields & set(dialect.any_of)):
        return None
    title = _title_above(sheet, row) if dialect.has("title_names_metric") else ""
    by_title = _by_title(dialect, title) if title else None
    if dialect.has("title_names_metric") and by_title is None:
        return None
    columns = tuple(
        Column(
            at,
            cell.strip(),
            "metric" if one.name == "primary" else one.kind,
            by_title.name if by_title and one.name == "primary" else one.name,
            times=dialect.times.get(one.name, 1),
            period=dialect.periods.get(one.name, "day" if dialect.kind == "account_days" else "lifetime"),
        )
        for at, (cell, one) in enumerate(zip(cells, meanings, strict=True))
        if one
    )
    unknown = tuple(
        (cell.strip(), _nearest(dialect, cell))
        for cell, one, named in zip(cells, meanings, names, strict=True)
        if cell.strip() and one is None and not dialect.known.intersection(named)
    )
    language = _language([one for one in meanings if one])
    currency = next(
        (_currency(cell) for cell, one in zip(cells, meanings, strict=True) if one and one.name == "spend"), ""
    )
    return Headed(dialect, line, language, _with_old_reach(dialect, columns), unknown, title, currency)


def _names(header: str) -> tuple[str, str]:
    """A header as dialects spell it, and without what stands in brackets at its end: `Amount spent (USD)`."""
    text = plain(header) if len(header) <= LONGEST_HEADER else ""
    return text, text.rpartition(" (")[0] if text.endswith(")") else text


def _currency(header: str) -> str:
    return header.rpartition("(")[2].strip(" )").upper() if "(" in header else ""


def _title_above(sheet: Sheet, row: int) -> str:
    """The lone cell of the row above, or the one above that."""
    for _, cells in reversed(sheet.head[:row]):
        filled = [cell for cell in cells if cell.strip()]
        if len(filled) == 1:
            return filled[0].strip()
    return ""


def _by_title(dialect: Dialect, title: str) -> Meaning | None:
    meaning = dialect.headers.get(plain(title))
    return meaning if meaning and meaning.kind == "metric" else None


def _nearest(dialect: Dialect, header: str) -> str:
    near = difflib.get_close_matches(plain(header), list(dialect.headers), n=1, cutoff=NEAR)
    return dialect.headers[near[0]].name if near else ""


def _language(meanings: Sequence[Meaning]) -> str:
    votes = Counter(language for one in meanings for language in one.languages)
    most = max(votes.values(), default=0)
    return next((language for language in ("en", *votes) if votes.get(language) == most and most), "")


def _with_old_reach(dialect: Dialect, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Reach under its old definition in a file that has impressions and no views."""
    names, old = {one.name for one in columns}, dialect.text("old_reach")
    if not old or "Views" in names or "Impressions" not in names:
        return columns
    return tuple(_renamed(one, old) if one.name == "Reach" else one for one in columns)


def _renamed(column: Column, name: str) -> Column:
    return Column(column.at, column.header, column.kind, name, column.times, column.period)
