"""A recognition: what a table was found to be, and how each of its columns is read. It lands with the file.

Everything that `load` does with the file follows from it, so that a rebuild from landing gives the same rows.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ingest.adapters.exports.text_tables import delimiter_name


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read: where it stands, its header, whether it is a field or a metric, and which.

    `times` makes our unit of the file's; a metric whose `reason` is given is not believed: its values become null.
    """

    at: int
    header: str
    kind: str
    name: str
    times: float = 1
    period: str = "lifetime"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a table is. Numbers of rows are those of the file; each is counted once: accepted, rejected, or no row."""

    kind: str
    product: str
    title: str
    platform: str
    columns: tuple[Column, ...]
    account_id: str = ""
    """Whose it is, when the rows do not say it."""
    language: str = ""
    form: str = "text"
    encoding: str = ""
    delimiter: str = ","
    is_quoted_twice: bool = False
    sheet: str = ""
    read_by: str = "line"
    """`line`: every row is cleaned first; `bulk`: DuckDB reads the file as it is."""
    header_line: int = 1
    first_line: int = 2
    last_line: int | None = None
    width: int = 0
    grain: str = "lifetime"
    time_zone: str = "UTC"
    date_order: str = ""
    decimal: str = "."
    thousands: str = ","
    totals: tuple[str, ...] = ()
    lifetime: tuple[str, ...] = ()
    post_types: Mapping[str, str] = field(default_factory=dict)
    stated: Mapping[str, Any] = field(default_factory=dict)
    """What a mapping states instead of columns: key, period, text, content types, missing markers, currency."""
    unknown: tuple[tuple[str, str], ...] = ()
    """Headers that nobody knows, each with the nearest known one."""
    rows: int = 0
    accepted: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    not_rows: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def field_at(self, name: str) -> Column | None:
        """The column that holds a field; None when there is none."""
        return next((one for one in self.columns if (one.kind, one.name) == ("field", name)), None)

    @property
    def metrics(self) -> tuple[Column, ...]:
        """The columns that are metrics."""
        return tuple(one for one in self.columns if one.kind == "metric")

    @property
    def unknown_columns(self) -> str:
        """The headers that nobody knows, each with the nearest known one."""
        return ", ".join(f"{name!r} (nearest: {near})" if near else repr(name) for name, near in self.unknown)

    @property
    def how(self) -> str:
        """How the table is read, without what was found in its rows: tables that are read alike have the same."""
        alike = replace(self, rows=0, accepted=0, rejected={}, not_rows={}, notes=(), unknown=())
        return alike.as_json()

    def as_json(self) -> str:
        """The recognition as it lands."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Recognition":
        """The recognition that landed."""
        said = json.loads(text)
        said["columns"] = tuple(Column(**one) for one in said["columns"])
        said["unknown"] = tuple((header, nearest) for header, nearest in said["unknown"])
        for name in ("totals", "lifetime", "notes"):
            said[name] = tuple(said[name])
        return cls(**said)

    def facts(self) -> list[tuple[str, str]]:
        """What a person is told, line by line."""
        mapped = ", ".join(f"{one.header} → {one.name}" if one.header != one.name else one.name for one in self.columns)
        how = {"workbook": "xlsx"}.get(self.form, f"{self.encoding}, {delimiter_name(self.delimiter)}-separated")
        rejected = "; ".join(f"{count:,} × {reason}" for reason, count in self.rejected.items())
        set_aside = ", ".join(f"{count:,} {what}" for what, count in self.not_rows.items())
        facts = [
            ("product", self.title),
            ("language", self.language or "–"),
            ("written as", how + (", quoted twice by a spreadsheet" if self.is_quoted_twice else "")),
            ("account", self.account_id or "each row says it"),
            ("grain", self.grain),
            ("time zone", self.time_zone),
            (
                "dates",
                {"mdy": "month/day/year", "dmy": "day/month/year"}.get(self.date_order, "year first, or in words"),
            ),
            ("columns", mapped),
            ("unknown columns", f"{self.unknown_columns}: kept in the landed file" if self.unknown else "none"),
            ("rows", f"{self.rows:,}: {self.accepted:,} to bring in"),
            ("rejected", rejected or "none"),
        ]
        facts += [("not counted as rows", set_aside)] if set_aside else []
        return facts + [("note", note) for note in self.notes]
