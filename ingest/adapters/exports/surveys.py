"""Tables of survey results: one row per result, or one row per indicator with columns per wave; counts or shares."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from ingest.adapters.exports.offline_cells import BadCell, day_of, given, name_of, number_of, wave_of, whole_of
from ingest.adapters.exports.offline_columns import Columns
from ingest.adapters.exports.offline_rows import (
    BadRow,
    Knows,
    Lines,
    OfflineRows,
    Rejected,
    first_reason,
    indicators_of,
    is_blank,
    read_cell,
    required,
)
from ingest.domain.campaigns import Campaign
from ingest.domain.offline import SurveyResult

WHOLE_SHARE = 100
KEY = ("indicator", "wave", "respondents")


def read_results(columns: Columns, lines: Lines, knows: Knows) -> OfflineRows:
    """The results of a table; a result that stands twice is kept once."""
    found = OfflineRows("survey_results")
    seen: dict[tuple[str, ...], int] = {}
    for line, row in lines:
        if is_blank(row):
            continue
        found.read += 1
        for wave in _waves(columns):
            try:
                campaign, result = _result(columns, row, knows, wave)
                if result is None:
                    continue
                _only_once(seen, (campaign.campaign_id, *(result[name] for name in KEY)), line)
            except BadRow as bad:
                found.rejected.append(Rejected(line, given(columns.cell(row, "indicator")), str(bad)))
            else:
                found.add(campaign.campaign_id, {"line": line} | result)
    return found


def complete(campaign: Campaign, facts: dict[str, Any]) -> dict[str, Any]:
    """A result with what the campaign file knows of it where the file says nothing; checked as a whole.

    Raises: BadRow.
    """
    known = [one for one in campaign.surveys if one.indicator == facts["indicator"]]
    wave = next((one for one in known if one.wave == facts["wave"]), None)
    facts["indicator_text"] = facts["indicator_text"] or (known[0].indicator_text if known else None)
    facts["wave_order"] = facts["wave_order"] or (wave.wave_order if wave else None)
    facts["evidence_design"] = facts["evidence_design"] or (known[0].evidence_design if known else "unknown")
    for name in ("indicator_text", "wave_order"):
        required(facts[name], name)
    try:
        result = SurveyResult.model_validate({name: value for name, value in facts.items() if value is not None})
    except ValidationError as invalid:
        raise BadRow(first_reason(invalid)) from None
    return result.model_dump(mode="json")


def indicator_of(campaign: Campaign, named: str | None) -> str:
    """An indicator that the campaign file knows.

    Raises: BadRow.
    """
    indicator, known = required(named, "indicator"), sorted(indicators_of(campaign))
    if indicator not in known:
        raise BadRow(
            f"indicator: {campaign.campaign_id} knows {', '.join(known) or 'none'}; add it to surveys in its campaign "
            "file, then `campaign-reach quarantine --retry`"
        )
    return indicator


def _waves(columns: Columns) -> Iterator[tuple[str, int] | None]:
    """The waves of a wide table in the order of its columns; in a long one a row has its own."""
    if columns.kind != "survey_wide":
        yield None
        return
    for order, wave in enumerate(dict.fromkeys(wave for wave, _ in columns.waves), start=1):
        yield wave, order


def _result(
    columns: Columns, row: Sequence[str | None], knows: Knows, wave: tuple[str, int] | None
) -> tuple[Campaign, dict[str, Any] | None]:
    campaign = knows.campaign(read_cell(columns, row, "campaign", name_of))
    n, count, share = _numbers(columns, row, wave[0] if wave else None)
    if wave and n is None and count is None and share is None:
        return campaign, None
    asked_on = read_cell(columns, row, "asked_on", day_of)
    return campaign, complete(
        campaign,
        {
            "indicator": indicator_of(campaign, read_cell(columns, row, "indicator", name_of)),
            "indicator_text": given(columns.cell(row, "indicator_text")),
            "wave": _wave_name(wave[0]) if wave else required(read_cell(columns, row, "wave", wave_of), "wave"),
            "wave_order": wave[1] if wave else read_cell(columns, row, "wave_order", whole_of),
            "respondents": required(read_cell(columns, row, "group", name_of), "group"),
            "share_pct": share_of(n, count, share),
            "n": n,
            "asked_on": asked_on.isoformat() if isinstance(asked_on, date) else None,
            "evidence_design": read_cell(columns, row, "evidence_design", name_of),
        },
    )


def _only_once(seen: dict[tuple[str, ...], int], key: tuple[str, ...], line: int) -> None:
    if seen.setdefault(key, line) != line:
        raise BadRow(f"stands twice: {' / '.join(key)} stands on line {seen[key]} already")


def _wave_name(header: str) -> str:
    try:
        return str(wave_of(header))
    except BadCell as bad:
        raise BadRow(f"the wave {header!r} in the header {bad}") from None


def _numbers(
    columns: Columns, row: Sequence[str | None], wave: str | None
) -> tuple[int | None, int | None, float | None]:
    if wave is None:
        return (
            read_cell(columns, row, "n", whole_of),
            read_cell(columns, row, "count", whole_of),
            read_cell(columns, row, "share", number_of),
        )
    cells: dict[str, str | None] = {}
    for what in ("n", "count", "share"):
        position = columns.waves.get((wave, what))
        cells[what] = row[position] if position is not None and position < len(row) else None
    try:
        return whole_of(cells["n"]), whole_of(cells["count"]), number_of(cells["share"])
    except BadCell as bad:
        raise BadRow(f"{wave}: {bad}") from None


def share_of(n: int | None, count: int | None, share: float | None) -> float:
    """The share in per cent, from a count or as it is given; a count and a share must say the same.

    Raises: BadRow.
    """
    if n == 0:
        raise BadRow("n: is 0: nobody was asked, so there is no share")
    if share is not None and share > WHOLE_SHARE:
        raise BadRow("share: is above 100 per cent")
    if count is None:
        return required(share, "count or share")
    if n is None:
        raise BadRow("n: is empty: how many were asked must be given beside a count")
    if count > n:
        raise BadRow(f"count: {count} is more than the {n} who were asked")
    counted = WHOLE_SHARE * count / n
    if share is not None and abs(share - counted) > 0.5:  # noqa: PLR2004 - a share rounded to whole per cent
        raise BadRow(f"share: {share:g} is not {count} of {n}, which is {counted:.1f}")
    return round(counted, 4)
