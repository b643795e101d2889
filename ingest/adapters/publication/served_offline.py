"""What the served publication says of surveys and activities: which groups were asked, in which waves, who came."""

import duckdb

from ingest.adapters.publication.served_cells import in_columns
from ingest.domain.errors import SettingsInvalid
from ingest.domain.explanation import Value

Connection = duckdb.DuckDBPyConnection
GROUPS = "select indicator, respondents from marts.agg_survey_change where campaign_id = ? order by all"
WAVES = """
    select * from marts.fct_survey_results
    where campaign_id = $campaign_id and indicator = $indicator and respondents = $respondents order by wave_order
"""
PEOPLE = """
    select sex, age_group, people, qualifier from marts.fct_activity_people where campaign_id = ? and activity_id = ?
"""


def group_asked(connection: Connection, campaign_id: str, indicator: str, respondents: str | None) -> str:
    """The group of respondents whose change is asked for: the one that is named, or the only one.

    Raises: SettingsInvalid, naming those that there are.
    """
    rows = connection.execute(GROUPS, [campaign_id]).fetchall()
    groups = [group for name, group in rows if name == indicator and respondents in (None, group)]
    if len(groups) == 1:
        return str(groups[0])
    known = ", ".join(f"{name} of {group}" for name, group in rows) or "none"
    said = f"{indicator} of {respondents}" if respondents else indicator
    problem = "was asked of several groups: name one by --respondents" if groups else "is no change between waves"
    raise SettingsInvalid(f"{said} of {campaign_id} {problem}. There are: {known}.")


def groups_of(connection: Connection, campaign_id: str, indicator: str, respondents: str | None) -> list[str]:
    """The groups that were asked about an indicator: the one that is named, or all."""
    rows = connection.execute(
        "select distinct respondents from marts.fct_survey_results where campaign_id = ? and indicator = ? "
        "and coalesce(respondents = ?, true) order by 1",
        [campaign_id, indicator, respondents],
    ).fetchall()
    return [group for (group,) in rows]


def waves_of(connection: Connection, key: dict[str, str]) -> list[dict[str, Value]]:
    """The published waves of an indicator and group, in their order."""
    return in_columns(connection.execute(WAVES, key))


def people_of_activity(connection: Connection, campaign_id: str, activity_id: str) -> list[dict[str, Value]]:
    """The published people of an activity, by sex and age group."""
    return in_columns(connection.execute(PEOPLE, [campaign_id, activity_id]))
