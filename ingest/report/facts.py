"""What a report is drawn from: frozen facts of one publication, as a step has read them from the published marts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Check:
    """One rule of a gate, as `rpt_gate_results` tells it."""

    gate: str
    rule: str
    severity: str
    is_passed: bool
    is_evaluated: bool
    description: str

    @property
    def holds(self) -> bool:
        """Whether it was evaluated, and passed."""
        return self.is_passed and self.is_evaluated


@dataclass(frozen=True, slots=True)
class Publication:
    """The publication a report is drawn from; times are UTC."""

    version: str
    built_at: datetime
    content_hash: str
    as_of: datetime | None
    registry_hash: str | None
    code_revision: str
    gate_result: str
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase with the sums over its posts; `target_metric` is one of the measures that add."""

    phase_id: str
    name: str
    starts_on: date
    ends_on: date
    target_metric: str | None
    target_value: float | None
    attainment_pct: float | None
    posts: int
    views: int | None
    duplicated_reach: int | None
    engagements: int | None
    posts_without_reach: int
    posts_without_views: int = 0

    @property
    def days(self) -> int:
        """How many days it lasts, both ends counted."""
        return (self.ends_on - self.starts_on).days + 1


@dataclass(frozen=True, slots=True)
class Content:
    """The posts of one content type in one phase; sums, all of which add over rows.

    `rated_engagements` and `rated_views` are those of the posts of which both are known: what a rate is made of.
    """

    phase_id: str
    content_type: str
    posts: int
    views: int | None
    duplicated_reach: int | None
    engagements: int | None
    rated_engagements: int | None
    rated_views: int | None


@dataclass(frozen=True, slots=True)
class Account:
    """An account with what the campaign's posts on it brought; `reason` says why it is not fresh, or incomplete."""

    name: str
    platform: str
    ownership: str
    posts: int
    views: int | None
    duplicated_reach: int | None
    engagements: int | None
    newest_fetched_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class People:
    """People reached on one platform by a phase, or by the whole campaign (`phase` None): bounds, never a sum."""

    phase: str | None
    platform: str
    posts: int
    lower: int | None
    upper: int | None
    estimate: int | None
    estimate_low: int | None
    estimate_high: int | None
    estimate_reason: str | None
    upper_reason: str | None
    beyond: int | None = None
    """What the sums would allow at most, where that is more than could be reached at all."""
    is_up_to_all: bool = False
    """Whether the plausible range of the estimate goes up to everybody who could be reached."""


@dataclass(frozen=True, slots=True)
class Audience:
    """How many people could be reached at all, as the campaign's file says, and where it has the number from."""

    size: int
    source: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A phase's views by the end of a day, counted from its launch (day 1), each post at its newest reading by then."""

    phase_id: str
    day: int
    views: int


@dataclass(frozen=True, slots=True)
class Post:
    """One of the most viewed posts."""

    permalink: str | None
    published_on: date
    content_type: str
    account: str
    platform: str
    ownership: str
    views: int | None
    views_paid: int | None
    reach: int | None
    engagements: int | None
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave of a survey; the share in percent, None when it was not given, `asked` people."""

    wave: str
    share_pct: float | None
    asked: int | None
    asked_on: date | None


@dataclass(frozen=True, slots=True)
class Survey:
    """An indicator over its waves; the change in percentage points with its 95 % interval, or why there is none."""

    indicator: str
    text: str
    respondents: str
    design: str
    waves: tuple[Wave, ...]
    change_points: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    interval_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """People of one sex and age group at an activity; `qualifier` is exact, about or more_than."""

    sex: str
    age_group: str
    people: int
    qualifier: str


ONLINE_KINDS = frozenset({"chatbot"})


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity besides posts, as a rule offline; its people are apart from every online number."""

    name: str
    kind: str
    held_on: date | None
    place: str | None
    times: int
    counts: tuple[Count, ...]

    @property
    def is_online(self) -> bool:
        """Whether nobody came anywhere for it."""
        return self.kind in ONLINE_KINDS


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that the organisation has published, beside what the data gives."""

    as_published: str
    published_value: float
    qualifier: str
    unit: str
    computed_value: float | None
    status: str
    reason: str | None
    label_problem: str | None
    metric: str

    @property
    def counted(self) -> str:
        """What its numbers count: its unit; but a sum over posts is no people, whatever the page called it."""
        return self.metric if self.metric == "duplicated_reach" else self.unit


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is known to be missing."""

    unattributed_posts: int
    conflicting_posts: int
    quarantined_objects: int
    mixes_definitions: bool


@dataclass(frozen=True, slots=True)
class Campaign:
    """All that one page shows."""

    campaign_id: str
    name: str
    organisation: str
    donor: str | None
    starts_on: date
    ends_on: date
    time_zone: str
    phases: tuple[Phase, ...]
    contents: tuple[Content, ...]
    accounts: tuple[Account, ...]
    people: tuple[People, ...]
    readings: tuple[Reading, ...]
    top_posts: tuple[Post, ...]
    surveys: tuple[Survey, ...]
    activities: tuple[Activity, ...]
    figures: tuple[Figure, ...]
    gaps: Gaps
    audience: Audience | None = None
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By language, what the campaign's own names and sentences are called in it."""
    assumed: tuple[str, ...] = ()
    """Dotted paths of what its file made up; `sandbox` among them means that its posts are played."""

    @property
    def is_played(self) -> bool:
        """Whether a sandbox plays its posts."""
        return "sandbox" in self.assumed and self.posts > 0

    @property
    def posts(self) -> int:
        """How many posts it has."""
        return sum(phase.posts for phase in self.phases)

    @property
    def views(self) -> int | None:
        """Views of all its posts."""
        return total(phase.views for phase in self.phases)

    @property
    def duplicated_reach(self) -> int | None:
        """The sum of its posts' reach, duplicated."""
        return total(phase.duplicated_reach for phase in self.phases)

    @property
    def engagements(self) -> int | None:
        """Engagements of all its posts."""
        return total(phase.engagements for phase in self.phases)

    @property
    def rated_engagements(self) -> int | None:
        """Engagements of the posts whose views are known too."""
        return total(content.rated_engagements for content in self.contents)

    @property
    def rated_views(self) -> int | None:
        """Views of the posts whose engagements are known too."""
        return total(content.rated_views for content in self.contents)

    @property
    def posts_without_views(self) -> int:
        """Posts whose views are not known."""
        return sum(phase.posts_without_views for phase in self.phases)

    @property
    def posts_without_reach(self) -> int:
        """Posts whose reach is not known."""
        return sum(phase.posts_without_reach for phase in self.phases)


def total(values: Iterable[int | None]) -> int | None:
    """The sum of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
