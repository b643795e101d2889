"""The sections of a page: a finding as title, its pictures in two widths, the table beside them, and what to know."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ingest.report import activities as besides
from ingest.report import findings, tables, titles
from ingest.report.canvas import Canvas
from ingest.report.charts import accounts, activities, curve, mix, people, phases, surveys
from ingest.report.facts import Campaign
from ingest.report.tables import Table
from ingest.report.words import Words

WIDE, NARROW = 636, 312
"""Pixels of a chart on a wide and on a narrow screen: text keeps its size on both."""

FROM_LISTS = frozenset({"people_in_activity", "meetings", "survey_share", "survey_change"})
"""What is held against lists that the organisation gave, not against platforms."""

Draw = Callable[[int], Canvas | None]


@dataclass(frozen=True, slots=True)
class Picture:
    """One chart, drawn for a wide and for a narrow screen; `title` where it says something else than its section."""

    name: str
    caption: str
    wide: Canvas
    narrow: Canvas
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One finding with what shows it. A section without pictures and tables says in its title why."""

    name: str
    topic: str
    title: str
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


def sections_of(campaign: Campaign, words: Words) -> tuple[Section, ...]:
    """All sections in the order of the page; one that has nothing to show is only its sentence."""
    return tuple(_section(name, campaign, words) for name in findings.shown(campaign))


def _section(name: str, campaign: Campaign, words: Words) -> Section:
    make = _MAKERS[name]
    pictures, shown, notes = make(campaign, words)
    return Section(
        name=name,
        topic=besides.topic(campaign, words) if name == "activities" else words.say("section_" + name),
        title=findings.SECTIONS[name](campaign, words),
        pictures=tuple(picture for picture in pictures if picture),
        tables=tuple(table for table in shown if table.rows),
        notes=tuple(note for note in notes if note),
    )


Parts = tuple[list[Picture | None], list[Table], list[str]]


def _picture(name: str, caption: str, draw: Draw, *, title: str | None = None) -> Picture | None:
    wide, narrow = draw(WIDE), draw(NARROW)
    return Picture(name, caption, wide, narrow, title) if wide and narrow else None


def _phases(campaign: Campaign, words: Words) -> Parts:
    measures = [("views", "views"), ("reach", "duplicated_reach")]
    aims = {phase.target_metric for phase in campaign.phases if phase.target_value}
    measures.sort(key=lambda one: one[1] not in aims)  # what has a target comes first
    pictures = []
    for name, measure in measures:
        is_titled = measure in aims or (measure == "views" and not aims)
        title = None if is_titled or not getattr(campaign, measure) else titles.most_of(campaign, measure, words)
        draw = partial(_by_phase, campaign, words, measure)
        pictures.append(_picture(name, words.say("phases_" + name), draw, title=title))
    return pictures, [tables.phases(campaign, words), tables.contents(campaign, words)], [_withheld(campaign, words)]


def _by_phase(campaign: Campaign, words: Words, measure: str, wide: int) -> Canvas | None:
    return phases.draw(campaign, words, measure, wide=wide)


def _withheld(campaign: Campaign, words: Words) -> str:
    return words.say("gap_reach", campaign.posts_without_reach) if campaign.posts_without_reach else ""


def _curve(campaign: Campaign, words: Words) -> Parts:
    picture = _picture("curve", words.say("curve_what"), lambda wide: curve.draw(campaign, words, wide=wide))
    return [picture], [tables.curve(campaign, words)], []


def _mix(campaign: Campaign, words: Words) -> Parts:
    picture = _picture("mix", words.say("mix_what"), lambda wide: mix.draw(campaign, words, wide=wide))
    return [picture], [tables.mix(campaign, words)], []


def _top(campaign: Campaign, words: Words) -> Parts:
    if not campaign.top_posts:
        return [], [], []
    return [], [tables.top(campaign, words)], [words.say("top_what", len(campaign.top_posts))]


def _own(campaign: Campaign, words: Words) -> Parts:
    picture = _picture("accounts", words.say("own_what"), lambda wide: accounts.draw(campaign, words, wide=wide))
    return [picture], [tables.own(campaign, words)], []


def _people(campaign: Campaign, words: Words) -> Parts:
    pictures = []
    for platform in sorted({one.platform for one in campaign.people if one.lower}):
        has_estimate = any(one.estimate is not None for one in campaign.people if one.platform == platform)
        key = "people_what" if has_estimate else "people_what_bounds"
        caption = words.say(key, platform=words.name("platform", platform))
        unbounded = [
            people.ends_at(one, campaign)
            for one in campaign.people
            if one.platform == platform and one.lower and one.upper is None
        ]
        if None in unbounded:
            caption = words.say("people_arrow", caption=caption)
        if any(unbounded):
            caption = words.say("people_dashed", caption=caption)
        whole = next((one for one in campaign.people if one.platform == platform and one.phase is None), None)
        is_titled = whole is None or whole == titles.widest(campaign)
        title = None if is_titled or whole is None else titles.people_on(whole, campaign, words)
        draw = partial(_by_platform, campaign, words, platform)
        pictures.append(_picture(f"people_{platform}", caption, draw, title=title))
    notes = [words.say("people_note")]
    if any(one.estimate is not None for one in campaign.people):
        notes.append(words.say("people_note_estimate"))
    if campaign.audience and any(one.upper_reason == "above_audience" for one in campaign.people):
        size = words.number(campaign.audience.size)
        notes.append(words.say("people_audience", audience=size, source=campaign.audience.source))
    return list(pictures), [tables.people(campaign, words)], notes


def _by_platform(campaign: Campaign, words: Words, platform: str, wide: int) -> Canvas | None:
    return people.draw(campaign, words, platform, wide=wide)


def _surveys(campaign: Campaign, words: Words) -> Parts:
    if not campaign.surveys:
        return [], [], []
    has_interval = any(survey.change_low is not None for survey in campaign.surveys)
    caption = words.say("surveys_what" if has_interval else "surveys_what_plain")
    picture = _picture("surveys", caption, lambda wide: surveys.draw(campaign, words, wide=wide))
    notes = _designs(campaign, words)
    if any(survey.change_points is not None for survey in campaign.surveys):
        notes.append(words.say("surveys_note"))
    return [picture], [tables.surveys(campaign, words)], notes


def _designs(campaign: Campaign, words: Words) -> list[str]:
    """How people were asked; of which indicators, where it is not the same of all."""
    asked: dict[str, list[str]] = {}
    for survey in campaign.surveys:
        quoted = words.say("quoted", text=survey.text)
        asked.setdefault(words.name("design", survey.design), []).append(quoted)
    if len(asked) == 1:
        return [words.say("surveys_design", design=design) for design in asked]
    return [
        words.say("surveys_design_of", texts=words.all_of(dict.fromkeys(texts)), design=design)
        for design, texts in asked.items()
    ]


def _activities(campaign: Campaign, words: Words) -> Parts:
    if not campaign.activities:
        return [], [], []
    picture = _picture(
        "activities", words.say("activities_what"), lambda wide: activities.draw(campaign, words, wide=wide)
    )
    return [picture], [tables.activities(campaign, words)], besides.not_said(campaign, words)


def _figures(campaign: Campaign, words: Words) -> Parts:
    notes = []
    if any(figure.metric in FROM_LISTS for figure in campaign.figures):
        notes.append(words.say("figures_from_lists"))
    if campaign.is_played and campaign.figures:
        notes.append(words.say("figures_played"))
    if words.language in campaign.translations and campaign.figures:
        notes.append(words.say("figures_translated"))
    return [], [tables.figures(campaign, words)], notes


def _unmeasured(_campaign: Campaign, _words: Words) -> Parts:
    return [], [], []


_MAKERS: dict[str, Callable[[Campaign, Words], Parts]] = {
    "phases": _phases,
    "curve": _curve,
    "mix": _mix,
    "top": _top,
    "own": _own,
    "people": _people,
    "surveys": _surveys,
    "activities": _activities,
    "figures": _figures,
    "unmeasured": _unmeasured,
}
