"""What comes out of a survey or an activity list: rows that can land, and rows that cannot, each with its line."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from ingest.adapters.exports.offline_cells import BadCell
from ingest.adapters.exports.offline_columns import Columns
from ingest.domain.campaigns import Campaign

T = TypeVar("T")
Lines = Iterable[tuple[int, Sequence[str | None]]]
"""Rows below the header with the line on which they stand in the file."""


class BadRow(Exception):
    """A row that cannot be used: the reason, without what stands in it where that could be somebody's."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that goes to quarantine: its line in the file, what it speaks of, and why."""

    line: int
    object_id: str | None
    reason: str


@dataclass(slots=True)
class OfflineRows:
    """The rows of one file by campaign, and what was left out."""

    edge: str
    """What the rows are: `survey_results` or `activities`."""
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    read: int = 0
    """How many rows of the file say anything."""
    suppressed_groups: int = 0
    """Groups of fewer people than the limit; nothing of them lands but that there were some."""

    def add(self, campaign_id: str, row: dict[str, Any]) -> None:
        """Keep a row."""
        self.rows.setdefault(campaign_id, []).append(row)


@dataclass(frozen=True, slots=True)
class Knows:
    """What the campaign files say: the campaigns, and the indicators that each of them asks for."""

    campaigns: Mapping[str, Campaign]
    campaign_id: str | None = None
    """The campaign of a file that does not name one."""

    def indicators(self) -> frozenset[str]:
        """The names of all indicators."""
        return frozenset(name for campaign in self.campaigns.values() for name in indicators_of(campaign))

    def campaign(self, named: str | None) -> Campaign:
        """The campaign that a row names, or the one that was given with the file.

        Raises: BadRow.
        """
        campaign_id = named or self.campaign_id or (next(iter(self.campaigns)) if len(self.campaigns) == 1 else None)
        if campaign_id is None:
            raise BadRow("no campaign is named: fill the column campaign, or import with --campaign")
        if campaign_id not in self.campaigns:
            raise BadRow(f"campaign: must be one of {', '.join(sorted(self.campaigns))}")
        return self.campaigns[campaign_id]


def indicators_of(campaign: Campaign) -> frozenset[str]:
    """The indicators that a campaign file knows: of its survey results, and of its published figures."""
    of_figures = (one.indicator for one in campaign.published_figures if one.indicator)
    return frozenset((*(one.indicator for one in campaign.surveys), *of_figures))


def read_cell(columns: Columns, row: Sequence[str | None], name: str, reading: Callable[[str | None], T]) -> T:
    """What a cell says.

    Raises: BadRow, with the column's name and what is allowed; never with what stands there.
    """
    try:
        return reading(columns.cell(row, name))
    except BadCell as bad:
        raise BadRow(f"{name}: {bad}") from None


def required(value: T | None, name: str) -> T:
    """A value that must be given.

    Raises: BadRow.
    """
    if value is None:
        raise BadRow(f"{name}: is empty, and must be given")
    return value


def first_reason(invalid: ValidationError) -> str:
    """The first thing that a model refuses, as a reason."""
    error = invalid.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in error["loc"] if step != "[key]")
    return f"{place}: {error['msg']}" if place else str(error["msg"])


def is_blank(row: Sequence[str | None]) -> bool:
    """Whether nothing stands in a row."""
    return not any(cell and cell.strip() for cell in row)
