"""What the campaigns reached, as tables on a terminal: read from the published DuckDB file, as any BI tool would."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingest.report.targets import attained_shown

PHASES = """
select
    phases.phase_name,
    reach.content_type,
    sum(reach.posts)::bigint as posts,
    sum(reach.views)::bigint as views,
    sum(reach.duplicated_reach)::bigint as duplicated_reach,
    max(reach.people_reached_lower) as people_reached_lower,
    if(count(*) = count(reach.people_reached_upper), sum(reach.people_reached_upper)::bigint, null)
        as people_reached_upper,
    sum(reach.posts_without_reach)::bigint as posts_without_reach
from marts.agg_phase_content_type_reach as reach
inner join marts.dim_phases as phases using (campaign_id, phase_id)
where reach.campaign_id = ?
group by all
order by any_value(phases.phase_order), 5 desc nulls last, 2
"""
PEOPLE = """
with platforms as (
    select
        campaign_id, phase_id, platform, posts, people_reached_lower, people_reached_upper, people_reached_est,
        people_reached_est_low, people_reached_est_high, estimate_reason,
        count(*) over (partition by campaign_id, phase_id) as platforms
    from marts.agg_phase_platform_reach
),
together as (
    select
        campaign_id, phase_id, 'all' as platform, posts, people_reached_lower, people_reached_upper,
        'several_platforms' as estimate_reason
    from marts.agg_phase_reach
    where (campaign_id, phase_id) in (select (campaign_id, phase_id) from platforms where platforms.platforms > 1)
)
select
    phases.phase_name, platform, posts, people_reached_lower, people_reached_upper, people_reached_est,
    people_reached_est_low, people_reached_est_high, estimate_reason
from (select * exclude (platforms) from platforms union all by name select * from together) as reach
inner join marts.dim_phases as phases using (campaign_id, phase_id)
where reach.campaign_id = ?
order by phases.phase_order, platform = 'all', platform
"""
TARGETS = """
select phases.phase_name, reach.target_metric, reach.target_value, reach.attainment_pct, reach.target_expected
from marts.agg_phase_reach as reach
inner join marts.dim_phases as phases using (campaign_id, phase_id)
where reach.campaign_id = ? and reach.target_value is not null
order by phases.phase_order
"""
ESTIMATES = {
    "several_platforms": "none: nobody knows who is on both",
    "no_window": "none: no account window yet",
    "withheld_reach": "none: a reach is withheld",
    "window_inconsistent": "none: the account's windows do not fit its posts",
    "contradiction": "none: the bounds cross",
    "above_audience": "none: the model exceeds the audience",
}
"""Why there is no estimate, for people."""
FIGURES = """
select as_published, published_value, qualifier, computed_value, status, concat_ws(' ', reason, label_problem) as why
from marts.agg_published_figures
where campaign_id = ?
order by case status when 'matches' then 1 when 'differs' then 2 else 3 end, figure_id
"""
CAMPAIGNS = """
select campaign_id, campaign_name, organisation, starts_on, ends_on, audience_size
from marts.dim_campaigns
order by starts_on
"""
WIDE = 100
"""Columns that a terminal needs for the widest table on one line."""
QUALIFIERS = {"exact": "", "about": "~ ", "rounded": "≈ ", "more_than": "> "}
COLOURS = {"matches": "green", "differs": "red", "not_computable": "yellow"}


@dataclass(frozen=True, slots=True)
class Campaign:
    """A row of `dim_campaigns`, as the heading of its tables."""

    campaign_id: str
    campaign_name: str
    organisation: str
    starts_on: Any
    ends_on: Any
    audience_size: int | None


def print_campaigns(published: Path, console: Console) -> None:
    """Print, per campaign, what its phases reached and how the published figures compare."""
    import duckdb

    with duckdb.connect(str(published), read_only=True) as connection:
        for campaign in [Campaign(*row) for row in connection.execute(CAMPAIGNS).fetchall()]:
            dates = f"{campaign.starts_on} to {campaign.ends_on}"
            console.print(
                f"\n[bold]{campaign.campaign_name}[/bold]  [dim]{campaign.organisation}, {dates}[/dim]",
                soft_wrap=True,
            )
            phases = connection.execute(PHASES, [campaign.campaign_id]).fetchall()
            console.print(
                _phases(phases, is_narrow=console.width < WIDE)
                if phases
                else "[dim]No posts: this campaign lives from its activities.[/dim]"
            )
            if phases:
                people = connection.execute(PEOPLE, [campaign.campaign_id]).fetchall()
                console.print(_people(people))
                if beyond := _beyond(people, campaign.audience_size):
                    console.print(beyond, highlight=False)
                for target in connection.execute(TARGETS, [campaign.campaign_id]).fetchall():
                    console.print(_target(*target), highlight=False)
            console.print(_figures(connection.execute(FIGURES, [campaign.campaign_id]).fetchall()))


def _target(phase: str, metric: str, value: int, attained: float | None, expected: int) -> str:
    """How far a phase has come to its target, and how far it should have come by now."""
    words = metric.replace("_", " ")
    so_far = "no post reports them yet" if attained is None else f"{attained_shown(attained):.1f} % reached"
    return f"{phase}: target {_number(value)} {words}, {so_far}; {_number(expected)} expected by now"


def _phases(rows: list[tuple[Any, ...]], *, is_narrow: bool) -> Table:
    """What each phase and content type reached; a narrow terminal wraps the words, never a number."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0 if is_narrow else 1))
    table.add_column("phase", overflow="fold")
    table.add_column("content type", no_wrap=True)
    for name in ("posts", "views", "duplicated reach", "people ≥", "people ≤"):
        table.add_column(
            name.replace("duplicated ", "duplicated\n") if is_narrow else name, justify="right", no_wrap=True
        )
    table.add_column("", overflow="fold")
    previous = None
    for phase, content_type, *numbers, upper, without in rows:
        note = f"[dim]{without} without reach[/dim]" if without else ""
        first = "" if phase == previous else phase
        table.add_row(first, content_type, *map(_number, numbers), _bound(upper), note)
        previous = phase
    return table


def _people(rows: list[tuple[Any, ...]]) -> Table:
    """People reached by each phase on each platform, as bounds: no figure is added up over people."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("phase")
    table.add_column("platform")
    for name in ("posts", "people ≥", "people ≤"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("estimate of people reached")
    previous = None
    for phase, platform, posts, lower, upper, *estimate in rows:
        first = "" if phase == previous else phase
        table.add_row(first, platform, _number(posts), _bound(lower), _bound(upper), _estimate(*estimate))
        previous = phase
    return table


def _beyond(rows: list[tuple[Any, ...]], audience: int | None) -> str | None:
    """What a number of people above all who could be reached is worth, where a row has one."""
    highest = max((number or 0 for *_, upper, _, _, high, _ in rows for number in (upper, high)), default=0)
    if audience is None or highest <= audience:
        return None
    return f"About {_number(audience)} people could be reached at all: a higher number bounds nothing."


def _bound(people: int | None) -> str:
    """A bound of people; where nothing bounds them, the word for it."""
    return "unknown" if people is None else _number(people)


def _estimate(people: int | None, low: int | None, high: int | None, reason: str | None) -> str:
    """An estimate to three digits with its plausible range, or why there is none."""
    if people is None:
        return f"[dim]{ESTIMATES.get(str(reason), reason)}[/]"
    if low is None or high is None:
        return _number(people)
    return f"≈ {_number(_rounded(people))} ({_number(_rounded(low))} to {_number(_rounded(high))})"


def _rounded(people: int) -> int:
    """People to three digits: a model knows no more."""
    return int(float(f"{people:.3g}"))


def _figures(rows: list[tuple[Any, ...]]) -> Table:
    """The published figures beside the computed ones; why a figure is as it is stands once, below the table."""
    reasons = list(dict.fromkeys(why for *_, why in rows if why))
    table = Table(box=None, pad_edge=False, header_style="bold", caption_justify="left")
    table.add_column("published", justify="right", no_wrap=True)
    table.add_column("computed", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("as published", overflow="fold")
    for text, value, qualifier, computed, status, why in rows:
        note = f" [dim]\\[{reasons.index(why) + 1}][/dim]" if why else ""
        mark = f"[{COLOURS.get(status, 'red')}]{status.replace('_', ' ')}[/]"
        published = f"{QUALIFIERS.get(qualifier, '')}{_number(value)}"
        table.add_row(published, _number(computed), mark, escape(text) + note)
    table.caption = "\n".join(f"\\[{number}] {escape(why)}" for number, why in enumerate(reasons, start=1))
    return table


def _number(value: Any) -> str:
    return "–" if value is None else f"{value:,.0f}"


def print_paths(published: Path, console: Console) -> None:
    """Print one query that is ready to run, and where the publication lies; the report comes last."""
    manifest = published / "manifest.json"
    version = json.loads(manifest.read_text(encoding="utf-8"))["version"]
    query = (
        "select campaign_id, phase_id, platform, ownership, content_type, posts, views "
        "from marts.agg_phase_content_type_reach"
    )
    console.print("\n[bold]Ask it yourself[/bold]")
    console.print(
        f"  .venv/bin/python -c \"import duckdb; duckdb.connect('{published}/campaign_reach.duckdb', read_only=True)"
        f'.sql(\\"{query}\\").show()"',
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    console.print("\n[bold]Published[/bold]")
    for name, path in (
        ("DuckDB", published / "campaign_reach.duckdb"),
        ("Parquet", published / "versions" / version / "parquet"),
        ("manifest", manifest),
        ("Report", published / "versions" / version / "report" / "index.html"),
    ):
        console.print(f"  {name:<9} {path}", soft_wrap=True, highlight=False)
