"""Tables of respondents: counted here, so that only shares of groups leave this module, and nothing of a person."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingest.adapters.exports.offline_cells import answer_of, day_of, name_of, number_of, wave_of, whole_of
from ingest.adapters.exports.offline_columns import Columns
from ingest.adapters.exports.offline_rows import (
    BadRow,
    Knows,
    Lines,
    OfflineRows,
    Rejected,
    is_blank,
    read_cell,
    required,
)
from ingest.adapters.exports.surveys import complete, indicator_of
from ingest.domain.campaigns import Campaign

Group = tuple[str, str, str, str]
"""Campaign, indicator, wave, group."""


@dataclass(slots=True)
class _Counted:
    """What a group said: people, and weights of those who answered and of those who said yes."""

    n: int = 0
    weight: float = 0.0
    weight_squared: float = 0.0
    yes: float = 0.0
    asked_on: date | None = None
    wave_order: int | None = None
    first_line: int = 0

    def add(self, line: int, *, said: bool, weight: float, asked_on: date | None, wave_order: int | None) -> None:
        self.n += 1
        self.weight += weight
        self.weight_squared += weight * weight
        self.yes += weight if said else 0.0
        self.asked_on = max(filter(None, (self.asked_on, asked_on)), default=None)
        self.wave_order = self.wave_order or wave_order
        self.first_line = self.first_line or line


def count_respondents(columns: Columns, lines: Lines, knows: Knows, *, smallest_group: int) -> OfflineRows:
    """The shares of each wave and group; a group of fewer people than the limit is left out, name and all.

    Who did not answer an indicator does not count for it. With weights a share is weighted, `n` is people, and
    `n_effective` is Kish's: how many people without weights would tell as much.
    """
    found = OfflineRows("survey_results")
    counted: dict[Group, _Counted] = defaultdict(_Counted)
    for line, row in lines:
        if not is_blank(row):
            found.read += 1
            try:
                _count(columns, line, row, knows, counted)
            except BadRow as bad:
                found.rejected.append(Rejected(line, None, str(bad)))
    for group, said in counted.items():
        if said.n < smallest_group:
            found.suppressed_groups += 1
            continue
        try:
            found.add(group[0], _result(knows.campaigns[group[0]], group, said, has_weights="weight" in columns.named))
        except BadRow as bad:
            found.rejected.append(Rejected(said.first_line, group[1], str(bad)))
    return found


def _count(
    columns: Columns, line: int, row: Sequence[str | None], knows: Knows, counted: dict[Group, _Counted]
) -> None:
    """Count a person, for all indicators or for none."""
    campaign = knows.campaign(read_cell(columns, row, "campaign", name_of))
    wave = required(read_cell(columns, row, "wave", wave_of), "wave")
    group = read_cell(columns, row, "group", name_of) or "everyone"
    facts = {
        "weight": _weight(columns, row),
        "asked_on": read_cell(columns, row, "asked_on", day_of),
        "wave_order": read_cell(columns, row, "wave_order", whole_of),
    }
    answers = {name: _answer(name, row, position) for name, position in columns.indicators.items()}
    given = {indicator_of(campaign, name): said for name, said in answers.items() if said is not None}
    for indicator, said in given.items():
        counted[campaign.campaign_id, indicator, wave, group].add(line, said=said, **facts)  # type: ignore[arg-type]


def _answer(name: str, row: Sequence[str | None], position: int) -> bool | None:
    columns = Columns("respondents", {name: position}, {}, {}, ())
    return read_cell(columns, row, name, answer_of)


def _weight(columns: Columns, row: Sequence[str | None]) -> float:
    if "weight" not in columns.named:
        return 1.0
    weight = required(read_cell(columns, row, "weight", number_of), "weight")
    if weight <= 0:
        raise BadRow("weight: must be above 0")
    return weight


def _result(campaign: Campaign, group: Group, said: _Counted, *, has_weights: bool) -> dict[str, object]:
    _, indicator, wave, respondents = group
    facts = complete(
        campaign,
        {
            "indicator": indicator,
            "indicator_text": None,
            "wave": wave,
            "wave_order": said.wave_order,
            "respondents": respondents,
            "share_pct": round(100 * said.yes / said.weight, 4),
            "n": said.n,
            "asked_on": said.asked_on.isoformat() if said.asked_on else None,
            "evidence_design": None,
        },
    )
    effective = round(said.weight**2 / said.weight_squared, 1) if has_weights else None
    return facts | {"n_effective": effective}
