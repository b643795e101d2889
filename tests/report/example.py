"""A campaign made up for drawing: three phases, six content types, every kind of thing that a page can show."""

from dataclasses import replace
from datetime import date, datetime

from ingest.report import facts

PUBLICATION = facts.Publication(
    version="20261122T060000Z-0a1b2c3d",
    built_at=datetime(2026, 11, 22, 6),  # noqa: DTZ001 - as the marts have it
    content_hash="0a1b2c3d" * 8,
    as_of=datetime(2026, 11, 21, 18),  # noqa: DTZ001 - as the marts have it
    registry_hash="b" * 64,
    code_revision="0.1.0+abc",
    gate_result="passed",
    checks=(facts.Check("candidate_publication", "keys_are_unique", "critical", True, True, "No key stands twice."),),
)
TYPES = ("video", "reel", "poster", "success_story", "discussion", "mural")
DATES = (
    (date(2025, 1, 1), date(2025, 1, 30)),
    (date(2025, 2, 1), date(2025, 3, 2)),
    (date(2025, 4, 1), date(2025, 4, 30)),
)
PHASES = (
    facts.Phase("one", "First phase: the neighbours", *DATES[0], "views", 5000.0, 120.0, 6, 6000, 3000, 300, 1),
    facts.Phase("two", "Second phase: schools", *DATES[1], "views", 9000.0, 99.99, 6, 8999, 4497, 447, 0),
    facts.Phase("three", "Third phase", *DATES[2], None, None, None, 0, None, None, None, 0),
)
CAMPAIGN = facts.Campaign(
    campaign_id="example",
    name="Example",
    organisation="An organisation",
    donor="A donor",
    starts_on=date(2025, 1, 1),
    ends_on=date(2025, 4, 30),
    time_zone="Asia/Ulaanbaatar",
    phases=PHASES,
    contents=tuple(
        facts.Content(phase, name, 1, views, views // 2, views // 20, views // 20, views)
        for phase, shares in (("one", (2000, 1500, 1000, 800, 500, 200)), ("two", (3000, 2500, 1500, 1200, 700, 99)))
        for name, views in zip(TYPES, shares, strict=True)
    ),
    accounts=(
        facts.Account("Our own page", "facebook", "own", 7, 9000, 7000, 500, datetime(2026, 11, 21), None),  # noqa: DTZ001
        facts.Account("Хамтрагч байгууллага", "facebook", "partner", 5, 5999, 3100, 300, None, "It was never read."),
    ),
    people=(
        facts.People("First phase: the neighbours", "facebook", 6, 1500, 4000, 2345, 1700, 3210, None, None),
        facts.People(None, "facebook", 12, 2500, None, None, None, None, "withheld_reach", "above_audience"),
        facts.People("Second phase: schools", "facebook", 6, 1, 9, 4, 3, 6, None, None),
        facts.People(None, "instagram", 3, 40, 90, None, None, None, "no_window", None),
    ),
    readings=(
        *(facts.Reading("one", day, 180 * day) for day in range(1, 31)),
        facts.Reading("two", 14, 4000),
        facts.Reading("two", 30, 8900),
    ),
    top_posts=tuple(
        facts.Post(f"https://www.facebook.com/1/posts/{number}", date(2025, 1, number), "video", "Our own page",
                   "facebook", "own", 3000 - number, 10, None if number == 2 else 900, 40, number == 3)
        for number in range(1, 11)
    ),
    surveys=(
        facts.Survey(
            "knows", "Knows what inclusion is", "parents", "two_samples",
            (facts.Wave("baseline", 41.0, 400, date(2024, 12, 1)), facts.Wave("endline", 55.5, 380, date(2025, 5, 1))),
            14.5, 7.6, 21.2, None,
        ),
        facts.Survey("once", "Has heard of it", "teachers", "one_wave", (facts.Wave("baseline", 92.0, None, None),)),
    ),
    activities=(
        facts.Activity("A large day", "event", date(2025, 2, 2), "The square", 1,
                       (facts.Count("female", "adults", 600, "exact"), facts.Count("male", "adults", 500, "about"))),
        facts.Activity("Meetings", "meeting", None, None, 5, ()),
    ),
    figures=(
        facts.Figure("reached over 14,000", 14000.0, "more_than", "views", 14999.0, "matches", None, None, "views"),
        facts.Figure(
            "reached 100 people", 100.0, "exact", "people", None, "not_computable", "No source.", "'people'", "reach"
        ),
    ),
    gaps=facts.Gaps(3, 1, 2, mixes_definitions=True),
    audience=facts.Audience(5000, "people of the town"),
    translations={"mn": {"Example": "Жишээ", "Third phase": "Гуравдугаар үе", "'people'": "«хүн»"}},
)  # fmt: skip
"""Targets: 120 % and 99.99 %. Views 14,999. One reach is withheld."""

BARE = replace(
    CAMPAIGN,
    campaign_id="bare",
    name="Bare",
    phases=PHASES[2:],
    contents=(),
    accounts=(),
    people=(),
    readings=(),
    top_posts=(),
    surveys=(),
    activities=(),
    figures=(),
    gaps=facts.Gaps(0, 0, 0, mixes_definitions=False),
)
"""A campaign of which nothing is known."""
