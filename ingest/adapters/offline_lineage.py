"""Offline lineage: in which landed file a survey's results and an activity came, as of a publication."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from ingest.adapters.lineage import LandedAt

Connection = duckdb.DuckDBPyConnection
SURVEY = """
    select results.wave, load_log.file, load_log.sha256
    from raw.survey_results as results
    inner join raw.load_log as load_log using (load_id)
    where results.campaign_id = $1 and results.indicator = $2 and results.respondents = $3 and results.fetched_at <= $4
    qualify row_number() over (partition by wave order by results.fetched_at desc, load_id desc, results.line_no) = 1
"""
ACTIVITY = """
    select load_log.file, load_log.sha256
    from raw.activities as activities
    inner join raw.load_log as load_log using (load_id)
    where activities.campaign_id = $1 and activities.activity_id = $2 and activities.fetched_at <= $3
    order by activities.fetched_at desc, load_id desc limit 1
"""
LINES = "select line_no from raw.imports where landing_file = ? order by line_no"


@dataclass(frozen=True, slots=True)
class WaveAt:
    """The imported file that a wave's result came in."""

    wave: str
    places: tuple[LandedAt, ...]


def waves_at(
    connection: Connection, campaign_id: str, indicator: str, respondents: str, until: datetime
) -> list[WaveAt]:
    """By wave, the lines of the file that its result came in; a wave of the campaign file is not among them."""
    rows = connection.execute(SURVEY, [campaign_id, indicator, respondents, until]).fetchall()
    return [WaveAt(wave, _lines(connection, file, sha256)) for wave, file, sha256 in rows]


def activity_at(connection: Connection, campaign_id: str, activity_id: str, until: datetime) -> Sequence[LandedAt]:
    """The lines of the file that an activity came in; none when only the campaign file says it."""
    row = connection.execute(ACTIVITY, [campaign_id, activity_id, until]).fetchone()
    return _lines(connection, *row) if row else ()


def _lines(connection: Connection, file: str, sha256: str) -> tuple[LandedAt, ...]:
    rows = connection.execute(LINES, [file]).fetchall()
    return tuple(LandedAt(file, line_no, sha256) for (line_no,) in rows)
