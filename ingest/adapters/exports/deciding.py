"""What only the rows of a table can tell: which columns are believed, how dates are written, which grain it has."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb

from ingest.adapters.exports.dialects import dialects
from ingest.adapters.exports.expressions import value_of
from ingest.adapters.exports.judging import set_missing
from ingest.adapters.exports.kinds import Asked
from ingest.adapters.exports.recognition import Column, Recognition
from ingest.adapters.exports.sheets import Sheet
from ingest.adapters.exports.shortcodes import made_at
from ingest.domain.errors import ImportRefused

SAMPLE = 300
EXPOSURES = ("Views", "Impressions", "Reach", "Reach (before viewers)", "Total views", "Lifetime Post Total Reach")
TWELVE = 12


def believed(connection: duckdb.DuckDBPyConnection, found: Recognition) -> Recognition:
    """Each metric once, and none that is 0 in every row of a file whose posts were seen.

    A header can stand twice with different content: the column that says something wins, and two that contradict
    each other are both left out.
    """
    set_missing(connection, found)
    seen = _seen(connection, found)
    kept: list[Column] = []
    notes: list[str] = []
    for column in found.columns:
        if column not in seen:
            kept.append(column)
            continue
        same = [one for one in found.metrics if one.name == column.name]
        if column != same[0]:
            continue
        chosen, note = _chosen(same, [seen[one] for one in same])
        kept += [chosen] if chosen else []
        notes += [note] if note else []
    return replace(found, columns=tuple(kept), notes=(*found.notes, *notes))


def _seen(connection: duckdb.DuckDBPyConnection, found: Recognition) -> dict[Column, tuple[int, int, int]]:
    """Of each metric that is doubted: its sum, how many numbers it has, and a digest of them in their places."""
    doubted = [column for column in found.metrics if _is_doubted(column, found)]
    if not doubted:
        return {}
    facts = (
        f"(coalesce(sum({value}), 0), count({value}), {_digest(value) if _stands_twice(column, found) else 0})"
        for column in doubted
        for value in [value_of(column, found)]
    )
    row = connection.execute(f"select {', '.join(facts)} from records").fetchall()[0]  # noqa: S608 - our own names
    return dict(zip(doubted, row, strict=True))


def _digest(value: str) -> str:
    return f"coalesce(bit_xor(hash(line_no, {value})), 0)"


def _is_doubted(column: Column, found: Recognition) -> bool:
    """Whether a metric has to be looked at before it is believed."""
    return column.kind == "metric" and (column.name in EXPOSURES or _stands_twice(column, found))


def _stands_twice(column: Column, found: Recognition) -> bool:
    return sum(one.name == column.name for one in found.metrics) > 1


def _chosen(same: Sequence[Column], seen: Sequence[tuple[int, int, int]]) -> tuple[Column | None, str]:
    header = same[0].header
    filled = [(column, facts) for column, facts in zip(same, seen, strict=True) if facts[0]]
    if not filled:
        has_zeros = any(count for _, count, _ in seen)
        note = f"{header} is 0 in every row: taken as not available, not as 0" if has_zeros else ""
        return replace(same[0], reason="not_yet_available"), note
    if len({facts for _, facts in filled}) > 1:
        return None, f"{header} stands twice with different numbers: not brought in; export it again without one"
    twice = f"{header} stands twice: the column that is filled is read" if len(same) > 1 else ""
    return filled[0][0], twice


def date_order(connection: duckdb.DuckDBPyConnection, sheet: Sheet, found: Recognition, asked: Asked) -> str:
    """Day first or month first: a day above twelve says it, else the person, short codes, dots, the language.

    Raises: ImportRefused when nothing says it, or the rows contradict each other.
    """
    column = next((one for name in ("published_at", "date", "starts_on") if (one := found.field_at(name))), None)
    if column is None:
        return found.date_order
    first, second, some, has_dots = connection.execute(
        rf"""
        select
            max(try_cast(parts.first as integer)), max(try_cast(parts.second as integer)), any_value(text),
            bool_and(parts.sign = '.')
        from (
            select
                trim(cell) as text,
                regexp_extract(
                    text, '^([0-9]{{1,2}})([/.-])([0-9]{{1,2}})[/.-][0-9]{{4}}', ['first', 'sign', 'second']
                ) as parts
            from (select distinct left(c{column.at}, 12) as cell from records)
        )
        where parts.first <> ''
        """  # noqa: S608 - a column's number
    ).fetchall()[0]
    if first is None:
        return ""
    if first > TWELVE and second > TWELVE:
        raise ImportRefused(
            f"{sheet.shown} has dates in both orders under {column.header}. Export it again in one language."
        )
    by_rows = "dmy" if first > TWELVE else "mdy" if second > TWELVE else ""
    by_codes = "" if by_rows or asked.date_order else _order_by_shortcodes(connection, found)
    by_language = _order_of_language(found)
    by_dots = "dmy" if has_dots else ""
    order = by_rows or asked.date_order or by_codes or found.date_order or by_dots or by_language
    if not order:
        raise ImportRefused(
            f"{sheet.shown} has dates such as {some!r} under {column.header}, and nothing says whether the day or the "
            "month comes first. Say it: --date-order dmy or --date-order mdy."
        )
    return order


def _order_of_language(found: Recognition) -> str:
    """The order that dates have in exports of the header's language; empty when it is not known."""
    dialect = next((one for one in dialects() if one.product == found.product), None)
    return dialect.date_orders.get(found.language, "") if dialect else ""


def _order_by_shortcodes(connection: duckdb.DuckDBPyConnection, found: Recognition) -> str:
    votes = {"mdy": 0, "dmy": 0}
    for text, made in _coded(connection, found):
        numbers = [int(one) for one in re.findall(r"\d+", text)[:2]]
        local = made.astimezone(ZoneInfo(found.time_zone))
        if numbers == [local.month, local.day] != [local.day, local.month]:
            votes["mdy"] += 1
        elif numbers == [local.day, local.month] != [local.month, local.day]:
            votes["dmy"] += 1
    best = max(votes, key=lambda order: votes[order])
    return best if votes[best] > sum(votes.values()) / 2 else ""


def _coded(connection: duckdb.DuckDBPyConnection, found: Recognition) -> list[tuple[str, datetime]]:
    """The written time and the real moment of posts whose address holds a short code."""
    link, time = found.field_at("permalink"), found.field_at("published_at")
    if found.platform != "instagram" or not link or not time:
        return []
    rows = connection.execute(f"select c{time.at}, c{link.at} from records limit {SAMPLE}").fetchall()  # noqa: S608
    return [(text, made) for text, address in rows if text and address and (made := made_at(address))]


def grained(connection: duckdb.DuckDBPyConnection, found: Recognition) -> Recognition:
    """Whether each row is a post's whole life or one day of it. A word that no language is known for is a life."""
    date = found.field_at("date")
    if found.kind == "account_days":
        return replace(found, grain=next((one.period for one in found.metrics), "day"))
    if found.kind == "ads":
        return replace(found, grain="period")
    if date is None:
        return found
    words = connection.execute(
        "select lower(given(cell)) as word, regexp_matches(word, '[0-9]') "  # noqa: S608
        f"from (select c{date.at} as cell, count(*) as times from records group by all) "
        "where word is not null group by all order by sum(times) desc limit 100"
    ).fetchall()
    named = tuple(word for word, has_digit in words if not has_digit)
    if words and not named:
        return replace(
            found,
            grain="day",
            columns=tuple(replace(one, period="day") if one.kind == "metric" else one for one in found.columns),
        )
    return replace(found, lifetime=tuple(dict.fromkeys((*found.lifetime, *named))))
