"""The table beside each chart: the same numbers as text, which is what a screen reader and a spreadsheet get."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ingest.report.facts import Campaign, Figure, People, Post, Survey, total
from ingest.report.reasons import reason_in
from ingest.report.titles import rate, readings_of
from ingest.report.words import Words

FEWEST_OF_CARDS = 5
"""A table of so many columns has no room on a telephone: each row becomes a card there."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `href` only ever leads to http(s), `mark` is the class that colours it."""

    text: str
    href: str | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Headings, which of them stand over numbers, and rows; `is_wide` breaks into cards on a narrow screen."""

    headings: tuple[str, ...]
    numbers: frozenset[int]
    rows: tuple[tuple[Cell, ...], ...]
    is_wide: bool = False


def _table(words: Words, columns: str, rows: Iterable[Iterable[str | Cell]]) -> Table:
    """A table of columns such as `phase #views`: a word of the translation file, with # before numbers.

    A column with ? before it is left out where no row has anything in it.
    """
    cells = [tuple(one if isinstance(one, Cell) else Cell(one) for one in row) for row in rows]
    shown = [
        (place, name.lstrip("?"))
        for place, name in enumerate(columns.split())
        if not name.startswith("?") or any(row[place].text not in {"", "–"} for row in cells)
    ]
    names = [name for _, name in shown]
    numbers = frozenset(place for place, name in enumerate(names) if name.startswith("#"))
    headings = tuple(words.say("th_" + name.lstrip("#")) for name in names)
    kept = tuple(tuple(row[place] for place, _ in shown) for row in cells)
    return Table(headings, numbers, kept, is_wide=len(columns.split()) >= FEWEST_OF_CARDS)


def phases(campaign: Campaign, words: Words) -> Table:
    """Views and duplicated reach of each phase, with its target where one has any."""
    metrics = sorted({str(phase.target_metric) for phase in campaign.phases if phase.target_value})
    rows = []
    for phase in campaign.phases:
        row = [phase.name, words.number(phase.posts), words.number(phase.views), words.number(phase.duplicated_reach)]
        if metrics:
            row += [words.number(phase.target_value), words.attained(phase.attainment_pct)]
        rows.append(row)
    if not metrics:
        return _table(words, "phase #posts #views #reach", rows)
    table = _table(words, "phase #posts #views #reach #target #reached_of_target", rows)
    *before, _, attained = table.headings
    aim = words.say("th_target_of", metric="; ".join(words.name("metric", metric) for metric in metrics))
    return replace(table, headings=(*before, aim, attained))


def contents(campaign: Campaign, words: Words) -> Table:
    """Views and duplicated reach of each phase and content type: what the stacks are made of."""
    names = {phase.phase_id: phase.name for phase in campaign.phases}
    order = list(names)
    parts = sorted(campaign.contents, key=lambda one: (order.index(one.phase_id), -(one.views or 0), one.content_type))
    return _table(
        words,
        "phase type #posts #views #reach",
        (
            [
                names[one.phase_id],
                words.name("content_types", one.content_type),
                words.number(one.posts),
                words.number(one.views),
                words.number(one.duplicated_reach),
            ]
            for one in parts
        ),
    )


def curve(campaign: Campaign, words: Words) -> Table:
    """The days on which posts were read, at most a dozen per phase; the phase stands at its first day."""
    rows = []
    for phase in campaign.phases:
        readings = readings_of(campaign, phase)
        step = max(1, -(-len(readings) // 12))
        for place, reading in enumerate([*readings[:-1:step], *readings[-1:]]):
            share = words.percent(reading.views, phase.views)
            rows.append(["" if place else phase.name, words.number(reading.day), words.number(reading.views), share])
    return _table(words, "phase #day #views_so_far #share_of_all", rows)


def mix(campaign: Campaign, words: Words) -> Table:
    """Each content type: its effort, what it brought, and its yield per post."""
    rows = []
    types = {content.content_type for content in campaign.contents}
    for name in types:
        parts = [content for content in campaign.contents if content.content_type == name]
        posts = sum(part.posts for part in parts)
        views = total(part.views for part in parts)
        engaged = rate(total(one.rated_engagements for one in parts), total(one.rated_views for one in parts), words)
        rows.append((name, posts, views, engaged))
    rows.sort(key=lambda row: (-(row[2] or 0), row[0]))
    return _table(
        words,
        "type #posts #posts_share #views_share #views_per_post #rate",
        (
            [
                words.name("content_types", name),
                words.number(posts),
                words.percent(posts, campaign.posts),
                words.percent(views, campaign.views),
                words.number(views / posts if views is not None else None),
                engaged,
            ]
            for name, posts, views, engaged in rows
        ),
    )


def top(campaign: Campaign, words: Words) -> Table:
    """The most viewed posts, each with a link to where it stands."""
    return _table(
        words,
        "#rank post account ownership #views #paid #post_reach #rate",
        (
            [
                words.number(rank),
                _post(post, words),
                f"{post.account} ({words.name('platform', post.platform)})",
                words.name("ownership", post.ownership),
                words.number(post.views),
                words.number(post.views_paid),
                words.number(post.reach),
                rate(post.engagements, post.views, words),
            ]
            for rank, post in enumerate(campaign.top_posts, start=1)
        ),
    )


def _post(post: Post, words: Words) -> Cell:
    text = f"{words.name('content_type', post.content_type)}, {words.short_day(post.published_on)}"
    if post.is_deleted:
        return Cell(f"{text} ({words.say('top_deleted')})")
    return Cell(text, safe_link(post.permalink))


def safe_link(address: str | None) -> str | None:
    """The address if it leads to http(s) and to a host, else nothing."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    is_safe = parts.scheme in {"http", "https"} and parts.hostname and not parts.username and " " not in (address or "")
    return address if is_safe else None


def own(campaign: Campaign, words: Words) -> Table:
    """Each account with what the campaign's posts on it brought."""
    return _table(
        words,
        "account ownership #posts #views #reach",
        (
            [
                f"{account.name} ({words.name('platform', account.platform)})",
                words.name("ownership", account.ownership),
                words.number(account.posts),
                words.number(account.views),
                words.number(account.duplicated_reach),
            ]
            for account in campaign.accounts
        ),
    )


def people(campaign: Campaign, words: Words) -> Table:
    """Bounds and estimates, with the reason where there is none."""
    rows = campaign.people
    if len(campaign.phases) == 1:
        rows = tuple(one for one in rows if one.phase is None)
    return _table(
        words,
        "phase platform #least #most estimate",
        (
            [
                one.phase or words.say("people_all"),
                words.name("platform", one.platform),
                words.number(one.lower),
                words.number(one.upper) if one.upper is not None else words.say("unknown"),
                _estimate(one, words),
            ]
            for one in rows
        ),
    )


def _estimate(one: People, words: Words) -> str:
    """The estimate with its plausible range, or why there is none."""
    if one.estimate is None:
        reason = one.estimate_reason or one.upper_reason
        why = words.name("estimate_reason", reason) if reason else ""
        return words.say("none_because", reason=why) if why else words.say("none")
    text = words.say("people_about", number=words.about(one.estimate))
    if one.is_up_to_all:
        return words.say("range", low=words.about(one.estimate_low or 0), high=words.number(one.estimate_high))
    if one.estimate_low is None or one.estimate_high is None:
        return text
    return f"{text} ({words.say('range', low=words.about(one.estimate_low), high=words.about(one.estimate_high))})"


def surveys(campaign: Campaign, words: Words) -> Table:
    """Each indicator and wave with its share and how many were asked; the change stands with the last wave."""
    rows = (row for survey in campaign.surveys for row in _waves(survey, words))
    return _table(words, "indicator wave #share #asked change", rows)


def _waves(survey: Survey, words: Words) -> Iterable[list[str]]:
    for place, wave in enumerate(survey.waves):
        is_last = place == len(survey.waves) - 1 and place > 0
        yield [
            f"{survey.text} ({words.name('respondents', survey.respondents)})",
            words.name("wave", wave.wave),
            words.percent(wave.share_pct) if wave.share_pct is not None else words.say("unknown"),
            words.number(wave.asked) if wave.asked is not None else words.say("unknown"),
            _change(survey, words) if is_last else "",
        ]


def _change(survey: Survey, words: Words) -> str:
    """The change in points with its interval, or why there is none."""
    reason = reason_in(words, survey.interval_reason)
    if survey.change_points is None:
        return words.say("none_because", reason=reason) if reason else words.say("none")
    points = words.points(survey.change_points)
    if survey.change_low is not None and survey.change_high is not None:
        between = words.say("range", low=words.points(survey.change_low), high=words.points(survey.change_high))
        return words.say("surveys_interval", points=points, range=between)
    return words.say("surveys_no_interval", points=points, reason=reason) if reason else points


def activities(campaign: Campaign, words: Words) -> Table:
    """Each activity with its people, by sex and age where they were counted so."""
    rows = []
    for activity in campaign.activities:
        groups = [
            " ".join(
                part
                for part in (
                    words.qualified(count.people, count.qualifier),
                    words.name("sex", count.sex),
                    words.name("age_group", count.age_group),
                )
                if part
            )
            for count in activity.counts
        ]
        shown = "; ".join(groups) if groups else words.say("activities_uncounted")
        when = words.short_day(activity.held_on)
        times = words.say("activities_times", activity.times)
        rows.append([activity.name, words.name("kind", activity.kind), shown, times, when, activity.place or "–"])
    return _table(words, "activity kind people ?how_often ?when ?place", rows)


def _surety(figure: Figure) -> str:
    """How sure the computed value is: one that is the published number was counted as surely as that says."""
    is_same = figure.status == "matches" and figure.computed_value == figure.published_value
    is_listed = figure.metric == "people_in_activity" or figure.qualifier == "more_than"
    return figure.qualifier if is_same and is_listed else "exact"


def _label(figure: Figure) -> str:
    return (figure.label_problem or "").rstrip(".")


def figures(campaign: Campaign, words: Words) -> Table:
    """Each published figure as it was published, beside what the data gives, and what is wrong with its label."""
    marks = {"matches": "good", "differs": "bad"}
    return _table(
        words,
        "published #published_value #computed status ?why",
        (
            [
                figure.as_published,
                words.qualified(figure.published_value, figure.qualifier, unit=figure.counted),
                words.qualified(figure.computed_value, _surety(figure), unit=figure.counted),
                Cell(words.name("status", figure.status), mark=marks.get(figure.status, "open")),
                "; ".join(one for one in (reason_in(words, figure.reason), _label(figure)) if one),
            ]
            for figure in campaign.figures
        ),
    )
