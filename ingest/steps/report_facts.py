"""The facts of a report, read from a published DuckDB file as any reader would."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from ingest.domain.errors import StorageFailed
from ingest.report import facts
from ingest.report.text import cleaned

Connection = duckdb.DuckDBPyConnection
Row = tuple[Any, ...]

PUBLICATION = """
    select version, built_at, content_hash, source_watermark, registry_hash, code_revision, gate_result
    from marts.publication
"""
CHECKS = """
    select gate, rule, severity, is_passed, is_evaluated, description from marts.rpt_gate_results order by gate, rule
"""
CAMPAIGNS = """
    select
        campaign_id, campaign_name, organisation, donor, starts_on, ends_on, time_zone, audience_size, audience_source,
        assumed
    from marts.dim_campaigns order by starts_on desc, campaign_id
"""
PHASES = """
    select
        phases.phase_id, phases.phase_name, phases.starts_on, phases.ends_on, phases.target_metric,
        phases.target_value, reach.attainment_pct, coalesce(reach.posts, 0), reach.views, reach.duplicated_reach,
        reach.engagements, coalesce(reach.posts_without_reach, 0), coalesce(reach.posts_without_views, 0)
    from marts.dim_phases as phases
    left join marts.agg_phase_reach as reach using (campaign_id, phase_id)
    where campaign_id = ? order by phases.phase_order, phases.phase_id
"""
CONTENTS = """
    select
        campaign_posts.phase_id, campaign_posts.content_type, count(*), sum(performance.views)::bigint,
        sum(performance.reach)::bigint, sum(performance.engagements)::bigint,
        (sum(performance.engagements) filter (where performance.views is not null))::bigint,
        (sum(performance.views) filter (where performance.engagements is not null))::bigint
    from marts.fct_campaign_posts as campaign_posts
    inner join marts.fct_post_performance as performance using (post_id)
    where campaign_posts.campaign_id = ? group by all order by all
"""
ACCOUNTS = """
    select
        any_value(accounts.account_name), accounts.platform, accounts.ownership, count(*),
        sum(performance.views)::bigint, sum(performance.reach)::bigint, sum(performance.engagements)::bigint,
        any_value(freshness.newest_fetched_at), any_value(freshness.reason)
    from marts.fct_campaign_posts as campaign_posts
    inner join marts.dim_posts as posts using (post_id)
    inner join marts.dim_accounts as accounts on posts.account_id = accounts.account_id
    inner join marts.fct_post_performance as performance using (post_id)
    left join marts.rpt_freshness as freshness on accounts.account_id = freshness.account_id
    where campaign_posts.campaign_id = ?
    group by accounts.account_id, accounts.platform, accounts.ownership
    order by 5 desc nulls last, 1
"""
PEOPLE_COLUMNS = """
    platform, posts, people_reached_lower, people_reached_upper, people_reached_est, people_reached_est_low,
    people_reached_est_high, estimate_reason, upper_reason
"""
PEOPLE = f"""
    select phases.phase_name, {PEOPLE_COLUMNS}
    from marts.agg_phase_platform_reach
    inner join marts.dim_phases as phases using (campaign_id, phase_id)
    where campaign_id = $1 and people_reached_lower is not null
    order by phases.phase_order, platform
"""  # noqa: S608 - a constant of ours
PEOPLE_OF_ALL = f"""
    select null, {PEOPLE_COLUMNS} from marts.agg_campaign_platform_reach
    where campaign_id = ? and people_reached_lower is not null order by platform
"""  # noqa: S608 - a constant of ours
READINGS = """
    with readings as (
        select
            campaign_posts.phase_id, days.day_on,
            days.views - lag(days.views, 1, 0) over (partition by days.post_id order by days.day_on) as gained
        from marts.fct_post_days as days
        inner join marts.fct_campaign_posts as campaign_posts using (post_id)
        where campaign_posts.campaign_id = ? and days.views is not null
    ),
    growth as (
        select phase_id, day_on, sum(sum(gained)) over (partition by phase_id order by day_on)::bigint as views
        from readings group by phase_id, day_on
    )
    select phase_id, day_on - phases.starts_on + 1, views
    from growth inner join marts.dim_phases as phases using (phase_id)
    where phases.campaign_id = $1 and day_on between phases.starts_on and phases.ends_on + 30
    order by phases.phase_order, day_on
"""
TOP_POSTS = """
    select
        posts.permalink, campaign_posts.published_on, campaign_posts.content_type, accounts.account_name,
        posts.platform, accounts.ownership, performance.views, performance.views_paid, performance.reach,
        performance.engagements, posts.deleted_seen_at is not null
    from marts.fct_campaign_posts as campaign_posts
    inner join marts.dim_posts as posts using (post_id)
    inner join marts.dim_accounts as accounts on posts.account_id = accounts.account_id
    inner join marts.fct_post_performance as performance using (post_id)
    where campaign_posts.campaign_id = ? and performance.views is not null
    order by performance.views desc, post_id limit 10
"""
WAVES = """
    select indicator, respondents, indicator_text, evidence_design, wave, share_pct, n, asked_on
    from marts.fct_survey_results where campaign_id = ? order by indicator, respondents, wave_order
"""
CHANGES = """
    select indicator, respondents, change_points, change_points_low, change_points_high, interval_reason
    from marts.agg_survey_change where campaign_id = ?
"""
ACTIVITIES = """
    select
        activity_id, activity_name, kind, held_on, place, times,
        list({sex: sex, age_group: age_group, people: people, qualifier: qualifier} order by people desc, age_group)
            filter (where people is not null)
    from marts.fct_activities left join marts.fct_activity_people using (campaign_id, activity_id)
    where campaign_id = ? group by all order by sum(people) desc nulls last, activity_name
"""
FIGURES = """
    select as_published, published_value, qualifier, unit, computed_value, status, reason, label_problem, metric
    from marts.agg_published_figures where campaign_id = ?
    order by case status when 'differs' then 1 when 'matches' then 2 else 3 end, published_value desc, figure_id
"""
TRANSLATIONS = """
    select language, text, translation from marts.dim_translations where campaign_id = ? order by language, text
"""
GAPS = """
    select
        (select count(*) from marts.rpt_unattributed_posts where campaign_id = $1),
        (select count(*) from marts.rpt_attribution_conflicts where campaign_id = $1),
        (select coalesce(sum(objects), 0)::bigint from marts.rpt_quarantine where state = 'open'),
        coalesce((select mixes_definitions from marts.agg_campaign_reach where campaign_id = $1), false)
"""


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A publication and its campaigns, newest first."""

    publication: facts.Publication
    campaigns: tuple[facts.Campaign, ...]


def read_facts(published: Path, *, only: tuple[str, ...] = ()) -> ReportFacts:
    """What a report says of a published file; `only` these campaigns if any are named.

    Raises: StorageFailed when the file cannot be read, or holds no publication.
    """
    with _opened(published) as connection:
        (publication,) = _rows(connection, PUBLICATION)
        checks = tuple(facts.Check(*row) for row in _rows(connection, CHECKS))
        campaigns = [row for row in _rows(connection, CAMPAIGNS) if not only or row[0] in only]
        return ReportFacts(
            facts.Publication(*(*publication, checks)),
            tuple(_campaign(connection, row) for row in campaigns),
        )


@contextmanager
def _opened(published: Path) -> Iterator[Connection]:
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            yield connection
    except (duckdb.Error, ValueError) as error:
        first = str(error).splitlines()[0]
        raise StorageFailed(
            f"{published} cannot be read as a publication: {first}. Run `campaign-reach publish` first."
        ) from None


def _rows(connection: Connection, query: str, campaign_id: str | None = None) -> list[Row]:
    """The rows of a query, their texts cleaned of what only a machine reads."""
    found = connection.execute(query, [campaign_id] if campaign_id else []).fetchall()
    return [tuple(cleaned(value) if isinstance(value, str) else value for value in row) for row in found]


def _campaign(connection: Connection, row: Row) -> facts.Campaign:
    *about, audience_size, audience_source, assumed = row
    campaign_id = row[0]
    audience = facts.Audience(audience_size, audience_source) if audience_size else None

    def rows(query: str) -> list[Row]:
        return _rows(connection, query, campaign_id)

    parts = (
        tuple(facts.Phase(*one) for one in rows(PHASES)),
        tuple(facts.Content(*one) for one in rows(CONTENTS)),
        tuple(facts.Account(*one) for one in rows(ACCOUNTS)),
        tuple(_people(one, audience) for one in (*rows(PEOPLE), *rows(PEOPLE_OF_ALL))),
        tuple(facts.Reading(*one) for one in rows(READINGS)),
        tuple(facts.Post(*one) for one in rows(TOP_POSTS)),
        _surveys(rows(WAVES), rows(CHANGES)),
        tuple(_activity(one) for one in rows(ACTIVITIES)),
        tuple(facts.Figure(*one) for one in rows(FIGURES)),
        facts.Gaps(*rows(GAPS)[0]),
        audience,
        _translations(rows(TRANSLATIONS)),
        tuple(assumed.split(", ")) if assumed else (),
    )
    return facts.Campaign(*(*about, *parts))


def _people(row: Row, audience: facts.Audience | None) -> facts.People:
    """Bounds and estimate, within all who could be reached: an upper bound above them gives way to that reason."""
    people = facts.People(*row)
    if audience and people.estimate_high is not None and people.estimate_high > audience.size:
        people = replace(people, estimate_high=audience.size, is_up_to_all=True)
    if audience and people.upper is not None and people.upper > audience.size:
        return replace(people, upper=None, upper_reason="above_audience", beyond=people.upper)
    return people


def _translations(rows: list[Row]) -> dict[str, dict[str, str]]:
    translations: dict[str, dict[str, str]] = {}
    for language, text, translation in rows:
        translations.setdefault(language, {})[text] = translation
    return translations


def _surveys(waves: list[Row], changes: list[Row]) -> tuple[facts.Survey, ...]:
    """Indicators with their waves in order, and the change where the marts have one."""
    change = {tuple(row[:2]): row[2:] for row in changes}
    return tuple(
        facts.Survey(*key, tuple(facts.Wave(*row[4:]) for row in group), *change.get(key[:1] + key[2:3], ()))
        for key, group in (
            ((indicator, text, respondents, design), list(rows))
            for (indicator, respondents, text, design), rows in groupby(waves, key=lambda row: row[:4])
        )
    )


def _activity(row: Row) -> facts.Activity:
    _, *about, counts = row
    groups = (
        facts.Count(cleaned(one["sex"]), cleaned(one["age_group"]), one["people"], one["qualifier"])
        for one in counts or ()
    )
    return facts.Activity(*(*about, tuple(groups)))
