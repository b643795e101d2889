"""A campaign's page: its order, what it says where nothing is, and that it needs nothing but itself."""

from collections import Counter
from dataclasses import replace

import pytest
from markupsafe import escape

from expectations.candidate_publication import CANDIDATE
from expectations.cross_checks import CROSS_CHECKS
from expectations.event_ledger import EVENT_LEDGER
from expectations.landed_batch import LANDED_BATCH
from ingest.report import facts, findings
from ingest.report.definitions import definitions_of
from ingest.report.page import campaign_page, index_page
from ingest.report.reasons import SENTENCES
from ingest.report.sections import sections_of
from ingest.report.slides import source_of
from ingest.report.translated import translated
from ingest.report.words import LANGUAGES, words_of
from tests.report.example import BARE, CAMPAIGN, PHASES, PUBLICATION
from tests.report.markup import Page

ORDER = ["phases", "curve", "mix", "top", "own", "people", "surveys", "activities", "figures", "definitions", "gaps"]


@pytest.fixture(scope="module", params=LANGUAGES)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(campaign_page(CAMPAIGN, PUBLICATION, request.param).html)


def test_the_finding_is_the_title_and_the_sections_come_in_their_order(page: Page) -> None:
    language = page.named("html")[0]["lang"]
    said = findings.finding(translated(CAMPAIGN, str(language)), words_of(str(language)))
    assert said in page.text
    assert [one["id"] for one in page.named("section")] == [*ORDER, "source"]
    assert len(page.named("h1")) == 1


def test_the_badges_and_the_numbers_at_a_glance_come_before_the_sections_and_the_hash_comes_last(page: Page) -> None:
    stations = [
        "<h1>",
        'class="badges"',
        'class="tiles"',
        "<section",
        'id="definitions"',
        'id="gaps"',
        'class="source"',
    ]
    places = [page.html.index(station) for station in stations]
    assert places == sorted(places)
    assert page.html.index(PUBLICATION.content_hash) > places[-1]


def test_every_chart_is_drawn_for_two_widths_and_has_a_table_in_its_section(page: Page) -> None:
    drawings = page.named("svg")
    assert len(drawings) == 18
    assert Counter(int(str(one["width"])) // 300 for one in drawings) == {1: 9, 2: 9}
    assert all(one["role"] == "img" and one["aria-label"] for one in drawings)
    for section in sections_of(CAMPAIGN, words_of("en")):
        assert section.tables or not section.pictures


def test_it_loads_nothing_and_runs_nothing(page: Page) -> None:
    (policy,) = [one["content"] for one in page.named("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert str(policy).startswith("default-src 'none'")
    assert "script-src" not in str(policy)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "link", "iframe", "object", "embed", "form", "input", "base", "image", "use"}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_the_words_duplicated_and_the_content_hash_stand_where_they_belong() -> None:
    text = Page(campaign_page(CAMPAIGN, PUBLICATION, "en").html).text
    assert "Reach, duplicated 7,497" in text
    assert PUBLICATION.content_hash in text
    assert PUBLICATION.version in text
    assert "As of 22 November 2026, 02:00, Ulaanbaatar time" in text  # the clocks of Ulaanbaatar
    assert "1 of 2 accounts were read from their platform" in text
    assert "The only check passed" in text


def test_each_language_leads_to_the_other_and_to_the_index() -> None:
    for language, other, index in (("en", "mn", "index.html"), ("mn", "en", "index.mn.html")):
        page = Page(campaign_page(CAMPAIGN, PUBLICATION, language).html)
        targets = [one["href"] for one in page.named("a")]
        assert {f"example.{other}.html", index} <= set(targets)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_campaign_lacks_is_a_sentence_and_no_empty_chart(language: str) -> None:
    page = Page(campaign_page(BARE, PUBLICATION, language).html)
    words = words_of(language)
    assert page.named("svg") == page.named("table") == []
    assert [one["id"] for one in page.named("section")] == ["unmeasured", "definitions", "gaps", "source"]
    assert words.say("unmeasured_all", why=words.say("unmeasured_no_posts")) in page.text
    assert words.say("finding_nothing", campaign="Bare") in page.text
    assert words.say("gap_none") in page.text


def test_the_known_gaps_are_named() -> None:
    text = Page(campaign_page(CAMPAIGN, PUBLICATION, "en").html).text
    for gap in ("The reach of 1 post is not known", "3 posts on the same accounts", "1 post fits two phases",
                "2 objects of the whole publication", "define differently", "It was never read"):  # fmt: skip
        assert gap in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_account_that_was_never_read_and_has_posts_has_them_from_a_file(language: str) -> None:
    words = words_of(language)
    said = words.entries["reason"]["never_read"]
    account = replace(CAMPAIGN.accounts[0], reason=SENTENCES["never_read"], posts=3)
    text = Page(campaign_page(replace(CAMPAIGN, accounts=(account,)), PUBLICATION, language).html).text
    assert words.say("gap_account_from_file") in text
    assert said not in text
    bare = replace(CAMPAIGN, accounts=(replace(account, posts=0),))
    assert said in Page(campaign_page(bare, PUBLICATION, language).html).text


def test_a_number_and_its_ending_are_never_on_two_lines() -> None:
    html = campaign_page(CAMPAIGN, PUBLICATION, "mn").html
    titles = [line for line in html.splitlines() if line.startswith(("<h1>", "<h2>")) and "%-" in line]
    assert titles
    assert all("%-\u2060" in line for line in titles)
    named = replace(CAMPAIGN, phases=tuple(replace(one, name="3 дугаар жил") for one in PHASES), translations={})
    assert "«3\u00a0дугаар\u00a0жил»" in campaign_page(named, PUBLICATION, "mn").html
    english = replace(CAMPAIGN, phases=tuple(replace(one, name="Year 3: schools") for one in PHASES))
    assert "“Year\u00a03: schools” had" in campaign_page(english, PUBLICATION, "en").html


def test_a_check_that_does_not_hold_is_named_and_the_badge_says_so() -> None:
    failed = replace(PUBLICATION.checks[0], rule="reach_is_not_above_views", is_passed=False)
    unmade = replace(PUBLICATION.checks[0], rule="keys_are_not_null", is_evaluated=False)
    publication = replace(PUBLICATION, checks=(*PUBLICATION.checks, failed, unmade))
    text = Page(campaign_page(CAMPAIGN, publication, "en").html).text
    assert "1 of 3 checks passed" in text
    assert "not only this one: of some posts more people are reported than views" in text
    assert "One check of the data could not be made" in text
    assert "has no name" not in text
    assert PUBLICATION.checks[0].description not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_of_every_gate_is_told_in_words_of_a_reader(language: str) -> None:
    suites = (CANDIDATE, CROSS_CHECKS, LANDED_BATCH, EVENT_LEDGER)
    assert {rule.name for suite in suites for rule in suite.rules} == set(words_of(language).entries["check"])


def test_a_campaign_is_told_in_its_own_words_of_each_language() -> None:
    english = campaign_page(CAMPAIGN, PUBLICATION, "en").html
    mongolian = campaign_page(CAMPAIGN, PUBLICATION, "mn").html
    for text, translation in CAMPAIGN.translations["mn"].items():
        assert str(escape(text)) in english
        assert translation not in english
        assert translation in mongolian
        assert str(escape(text)) not in mongolian


def test_an_upper_bound_above_all_who_could_be_reached_is_said_and_not_shown() -> None:
    page = Page(campaign_page(CAMPAIGN, PUBLICATION, "en").html)
    assert "not known: the posts' reach adds up to more people than could be reached at all" in page.text
    assert "taken to be 5,000 people (people of the town)" in page.text


def test_an_estimate_is_the_headline_where_there_is_one() -> None:
    estimated = replace(CAMPAIGN.people[0], phase=None, lower=2600)
    campaign = replace(CAMPAIGN, people=(*CAMPAIGN.people, estimated))
    text = Page(campaign_page(campaign, PUBLICATION, "en").html).text
    assert "People reached on Facebook about 2,340 an estimate, each person counted once; at least 2,600" in text


def test_an_estimate_that_goes_up_to_everybody_is_a_range_and_no_number() -> None:
    whole = replace(CAMPAIGN.people[0], phase=None, lower=2600, upper=None, beyond=9000, estimate_high=5000,
                    upper_reason="above_audience", is_up_to_all=True)  # fmt: skip
    text = Page(campaign_page(replace(CAMPAIGN, people=(whole,)), PUBLICATION, "en").html).text
    assert (
        "Most plausibly 1,700 to 5,000 people were reached on Facebook, where 5,000 is everybody who could be" in text
    )
    assert "≈" not in text
    bounded = replace(whole, estimate=None, is_up_to_all=False)
    text = Page(campaign_page(replace(CAMPAIGN, people=(bounded,)), PUBLICATION, "en").html).text
    assert "the posts' reach would allow 9,000, more than the 5,000 people who could be reached at all" in text


def test_a_page_says_that_its_numbers_are_played_and_what_is_assumed() -> None:
    played = replace(CAMPAIGN, assumed=("donor", "phases.target", "sandbox", "attribution"))
    text = Page(campaign_page(played, PUBLICATION, "en").html).text
    assert "1 of 2 accounts were read from a platform that is played" in text
    assert "a match confirms only that nothing was changed on the way" in text
    assert "Demonstration: its numbers are played" in text
    assert "Assumed, and not published by the organisation: the donor and the targets." in text
    assert "Demonstration" not in Page(campaign_page(CAMPAIGN, PUBLICATION, "en").html).text


def test_the_index_and_every_slide_say_that_numbers_are_played_too() -> None:
    words, played = words_of("en"), replace(CAMPAIGN, assumed=("sandbox",))
    assert "Demonstration: its numbers are played" in Page(index_page((BARE, played), PUBLICATION, "en").html).text
    assert "Demonstration" not in Page(index_page((BARE, CAMPAIGN), PUBLICATION, "en").html).text
    assert source_of(played, PUBLICATION, words).startswith("Demonstration: its numbers are played. Source: ")
    assert source_of(CAMPAIGN, PUBLICATION, words).startswith("Source: ")


def test_each_picture_has_a_sentence_that_is_true_of_it() -> None:
    phases, *_ = sections_of(CAMPAIGN, words_of("en"))
    views, reach = phases.pictures
    assert (views.name, views.title) == ("views", None)
    assert reach.title == "“Second phase: schools” brought the most duplicated reach: 60% of 7,497"
    (people,) = [one for one in sections_of(CAMPAIGN, words_of("en")) if one.name == "people"]
    assert [one.title for one in people.pictures] == [
        None,
        "At least 40 and at most 90 people were reached on Instagram",
    ]


def test_a_campaign_without_posts_shows_what_it_has_and_says_what_it_does_not_measure() -> None:
    offline = replace(BARE, activities=CAMPAIGN.activities, gaps=facts.Gaps(6, 0, 0, mixes_definitions=False))
    page = Page(campaign_page(offline, PUBLICATION, "en").html)
    assert [one["id"] for one in page.named("section")][:2] == ["activities", "unmeasured"]
    assert "no rule says which of the 6 posts of that time on its accounts belong to it" in page.text
    assert "Its numbers come from lists of activities, not from posts" in page.text


def defined_on(campaign: facts.Campaign) -> list[str]:
    words = words_of("en")
    return [word for word, _ in definitions_of(campaign, sections_of(campaign, words), words)]


def test_a_page_defines_the_words_that_occur_on_it_and_no_others() -> None:
    always = ["Views", "Reach, duplicated", "People reached", "Engagements", "Phase", "Own and partner"]
    aimless = tuple(replace(phase, target_value=None) for phase in PHASES)
    assert defined_on(CAMPAIGN) == [*always, "–", "Target", "Interval"]
    assert defined_on(replace(CAMPAIGN, surveys=(), phases=aimless)) == [*always, "–"]
    figure = replace(CAMPAIGN.figures[0], unit="impressions")
    assert "Impressions" in defined_on(replace(CAMPAIGN, figures=(figure,)))
    assert defined_on(BARE) == []


def test_a_chatbot_is_no_offline_activity() -> None:
    chatbot = facts.Activity("A chatbot", "chatbot", None, None, 1, ())
    mixed = replace(CAMPAIGN, activities=(*CAMPAIGN.activities, chatbot))
    text = Page(campaign_page(mixed, PUBLICATION, "en").html).text
    assert "Activities besides the posts Apart from the posts: 2 activities offline and 1 online, the largest" in text
    plain = Page(campaign_page(CAMPAIGN, PUBLICATION, "en").html).text
    assert "Offline activities Apart from everything online: 2 offline activities" in plain


def test_what_is_known_of_no_activity_is_a_sentence_and_no_column_of_dashes() -> None:
    unsaid = replace(CAMPAIGN, activities=CAMPAIGN.activities[1:])
    (section,) = [one for one in sections_of(unsaid, words_of("en")) if one.name == "activities"]
    assert section.tables[0].headings == ("Activity", "Kind", "People", "How often")
    assert section.notes == ("When and where the activities took place was not published.",)
    (section,) = [one for one in sections_of(CAMPAIGN, words_of("en")) if one.name == "activities"]
    assert section.tables[0].headings[-2:] == ("When", "Place")
    assert section.notes == ()


def test_a_campaign_of_one_phase_is_the_campaign_in_its_titles() -> None:
    alone = replace(CAMPAIGN, phases=PHASES[:1], contents=CAMPAIGN.contents[:6])
    assert "By day 15 of 30, the campaign had 45% of the 6,000 views" in campaign_page(alone, PUBLICATION, "en").html
    assert "өдөрт аян одоогийн" in campaign_page(alone, PUBLICATION, "mn").html


def test_how_people_were_asked_stands_with_the_question_where_it_differs() -> None:
    text = Page(campaign_page(CAMPAIGN, PUBLICATION, "en").html).text
    assert "How people were asked about “Knows what inclusion is”: two separate samples were asked." in text
    assert "How people were asked about “Has heard of it”: one survey only." in text
    alone = replace(CAMPAIGN, surveys=CAMPAIGN.surveys[1:])
    text = Page(campaign_page(alone, PUBLICATION, "en").html).text
    assert "How people were asked: one survey only." in text
    assert "“Has heard of it”: 92% of the teachers asked before the campaign" in text


def test_a_rate_leaves_out_posts_of_which_only_one_side_is_known() -> None:
    half = replace(CAMPAIGN.contents[0], views=None, rated_views=None, rated_engagements=None)
    whole = replace(CAMPAIGN.contents[1], rated_views=1000, rated_engagements=25, engagements=9000)
    campaign = replace(CAMPAIGN, contents=(half, whole), phases=(replace(CAMPAIGN.phases[0], target_value=None),))
    text = Page(campaign_page(campaign, PUBLICATION, "en").html).text
    assert "2.5 for every 100 views" in text
    partly = replace(campaign, phases=(replace(campaign.phases[0], posts_without_views=1),))
    text = Page(campaign_page(partly, PUBLICATION, "en").html).text
    assert "2.5 for every 100 views, of the posts whose views are known" in text


def test_where_all_accounts_are_own_the_title_says_which_brought_most() -> None:
    own = replace(CAMPAIGN, accounts=tuple(replace(one, ownership="own") for one in CAMPAIGN.accounts))
    text = Page(campaign_page(own, PUBLICATION, "en").html).text
    assert "All posts are on the organisation's own accounts; Our own page (Facebook) brought 60% of the views" in text


def test_two_accounts_are_both_of_them() -> None:
    fresh = replace(CAMPAIGN, accounts=(CAMPAIGN.accounts[0],) * 2)
    assert "Both accounts were read" in Page(campaign_page(fresh, PUBLICATION, "en").html).text


def test_a_number_stands_with_its_unit() -> None:
    changed = replace(CAMPAIGN.figures[1], unit="percent_change", published_value=5.0, as_published="rose")
    text = Page(campaign_page(replace(CAMPAIGN, figures=(*CAMPAIGN.figures, changed)), PUBLICATION, "en").html).text
    assert "reached over 14,000 more than 14,000 views 14,999 views matches" in text
    assert "rose 5%" in text


def test_a_number_of_a_list_is_as_sure_as_it_was_published() -> None:
    figure = replace(CAMPAIGN.figures[0], as_published="about 90", metric="people_in_activity", unit="people",
                     published_value=90.0, computed_value=90.0, qualifier="about")  # fmt: skip
    text = Page(campaign_page(replace(CAMPAIGN, figures=(figure,)), PUBLICATION, "en").html).text
    assert "about 90 about 90 people about 90 people matches" in text


def test_a_sum_of_reach_is_never_called_people_whatever_the_page_called_it() -> None:
    figure = replace(CAMPAIGN.figures[0], as_published="hit", unit="people", metric="duplicated_reach")
    text = Page(campaign_page(replace(CAMPAIGN, figures=(figure,)), PUBLICATION, "en").html).text
    assert "hit more than 14,000, duplicated 14,999, duplicated matches" in text


def test_a_post_that_is_gone_has_no_link_and_an_unknown_reach_is_a_dash() -> None:
    page = Page(campaign_page(CAMPAIGN, PUBLICATION, "en").html)
    assert len([one for one in page.named("a") if "facebook.com" in str(one["href"])]) == 9
    assert "video, 3 Jan 2025 (not there any more)" in page.text


def test_the_index_leads_to_every_campaign_with_its_finding() -> None:
    page = Page(index_page((CAMPAIGN, BARE), PUBLICATION, "mn").html)
    assert {"example.mn.html", "bare.mn.html", "index.html"} <= {one["href"] for one in page.named("a")}
    assert findings.finding(translated(CAMPAIGN, "mn"), words_of("mn")) in page.text


def test_a_page_is_no_larger_than_300_kilobytes() -> None:
    many = replace(CAMPAIGN, figures=CAMPAIGN.figures * 20, activities=CAMPAIGN.activities * 10)
    assert len(campaign_page(many, PUBLICATION, "mn").html.encode()) <= 300_000
