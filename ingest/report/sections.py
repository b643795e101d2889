"""The sections of a page: a finding as title, its pictures in two widths, the table beside them, and what to know."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ingest.report import findings, tables
from ingest.report.canvas import Canvas
from ingest.report.charts import accounts, activities, curve, mix, people, phases, surveys
from ingest.report.facts import Campaign
from ingest.report.tables import Table
from ingest.report.words import Words

WIDE, NARROW = 636, 312
"""Pixels of a chart on a wide and on a narrow screen: text keeps its size on both."""

Draw = Callable[[int], Canvas | None]


@dataclass(frozen=True, slots=True)
class Picture:
    """One chart, drawn for a wide and for a narrow screen."""

    name: str
    caption: str
    wide: Canvas
    narrow: Canvas


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
        topic=words.say("section_" + name),
        title=findings.SECTIONS[name](campaign, words),
        pictures=tuple(picture for picture in pictures if picture),
        tables=tuple(table for table in shown if table.rows),
        notes=tuple(note for note in notes if note),
    )


Parts = tuple[list[Picture | None], list[Table], list[str]]


def _picture(name: str, caption: str, draw: Draw) -> Picture | None:
    wide, narrow = draw(WIDE), draw(NARROW)
    return Picture(name, caption, wide, narrow) if wide and narrow else None


def _phases(campaign: Campaign, words: Words) -> Parts:
    pictures = [
        _picture(name, words.say("phases_" + name), partial(_by_phase, campaign, words, measure))
        for name, measure in (("views", "views"), ("reach", "duplicated_reach"))
    ]
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
        if any(one.upper is None for one in campaign.people if one.platform == platform and one.lower):
            caption = words.say("people_arrow", caption=caption)
        pictures.append(_picture(f"people_{platform}", caption, partial(_by_platform, campaign, words, platform)))
    notes = [words.say("people_note")]
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
    designs = {words.name("design", survey.design) for survey in campaign.surveys}
    note = words.say("surveys_note", design="; ".join(sorted(designs)))
    return [picture], [tables.surveys(campaign, words)], [note]


def _activities(campaign: Campaign, words: Words) -> Parts:
    if not campaign.activities:
        return [], [], []
    picture = _picture(
        "activities", words.say("activities_what"), lambda wide: activities.draw(campaign, words, wide=wide)
    )
    return [picture], [tables.activities(campaign, words)], []


def _figures(campaign: Campaign, words: Words) -> Parts:
    is_translated = words.language in campaign.translations and campaign.figures
    return [], [tables.figures(campaign, words)], [words.say("figures_translated")] if is_translated else []


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
