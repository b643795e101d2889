"""The two languages say the same things, and write numbers and dates as they are written."""

import re
from datetime import date, datetime

import pytest

from ingest.report.words import LANGUAGES, Words, words_of

EN, MN = words_of("en"), words_of("mn")


def leaves(entries: object, path: str = "") -> dict[str, str]:
    if isinstance(entries, dict):
        return {key: text for name, one in entries.items() for key, text in leaves(one, f"{path}.{name}").items()}
    if isinstance(entries, list):
        return {key: text for name, one in enumerate(entries) for key, text in leaves(one, f"{path}.{name}").items()}
    return {path: str(entries)}


def test_both_languages_have_the_same_sentences() -> None:
    assert set(EN.entries) == set(MN.entries)
    plural = {key for key, entry in EN.entries.items() if isinstance(entry, dict) and "other" in entry}
    for key in set(EN.entries) - plural:
        assert type(EN.entries[key]) is type(MN.entries[key]), key


def test_a_sentence_has_the_same_holes_in_both_languages() -> None:
    def holes(entry: object) -> set[str]:
        return {hole for text in leaves(entry).values() for hole in re.findall(r"{(\w+)}", text)} - {"count"}

    assert {key: holes(EN.entries[key]) for key in EN.entries} == {key: holes(MN.entries[key]) for key in MN.entries}


NAMES = r"Facebook|Instagram|YouTube|TikTok|Twitter|Telegram|LinkedIn|Meta|campaign-reach|English"


def test_no_mongolian_sentence_is_left_in_english() -> None:
    spoken = {key: re.sub(r"{\w+}|" + NAMES, "", text) for key, text in leaves(MN.entries).items()}
    assert [key for key, text in spoken.items() if re.search(r"[a-z]{3}", text)] == []


def test_no_sentence_is_the_same_in_both_languages() -> None:
    mongolian = leaves(MN.entries)
    said = {key: text for key, text in leaves(EN.entries).items() if re.search(r"[a-z]{4}", re.sub(r"{\w+}", "", text))}
    names = {"platform", "other_language", "language"}
    same = [key for key, text in said.items() if mongolian.get(key) == text and key.split(".")[1] not in names]
    assert same == []


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(None, 0, "–"), (0, 0, "0"), (-0.04, 1, "0.0"), (-3, 0, "−3"), (1234567, 0, "1,234,567"), (2.25, 1, "2.2")],
)
def test_numbers(value: float | None, digits: int, text: str) -> None:
    assert EN.number(value, digits=digits) == MN.number(value, digits=digits) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(67.4, 100, "67%"), (5.04, 100, "5.0%"), (9.97, 100, "10%"), (99.96, 100, "99.9%"), (100, 100, "100%"),
     (0, 100, "0%"), (None, 100, "–"), (3, 0, "–"), (0.04, 100, "<0.1%")],
)  # fmt: skip
def test_percents(part: float | None, whole: float, text: str) -> None:
    assert EN.percent(part, whole) == text


def test_what_is_nearly_a_target_is_not_shown_as_met() -> None:
    assert EN.attained(99.99) == "99.9%"
    assert EN.attained(103.71) == "103.7%"
    assert EN.attained(None) == "–"


def test_dates_are_written_as_each_language_writes_them() -> None:
    day = date(2024, 2, 2)
    assert (EN.day(day), MN.day(day)) == ("2 February 2024", "2024 оны 2 дугаар сарын 2")
    assert (EN.short_day(day), MN.short_day(day)) == ("2 Feb 2024", "2024.02.02")
    late = datetime(2024, 2, 1, 17, 30)  # noqa: DTZ001 - UTC, as the marts have it
    assert EN.moment(late, "Asia/Ulaanbaatar") == "2 February 2024, 01:30"


def test_months_have_the_ordinal_that_their_vowels_ask_for() -> None:
    front = {1, 4, 9, 11}
    assert all(("дүгээр" in MN.entries["months"][month - 1]) == (month in front) for month in range(1, 13))


def test_lists_and_plurals() -> None:
    assert EN.all_of(["A", "B", "C"]) == "A, B and C"
    assert EN.all_of(["A"]) == "A"
    assert EN.say("gap_conflicts", 1).startswith("1 post fits")
    assert EN.say("gap_conflicts", 1200).startswith("1,200 posts fit")
    assert MN.say("gap_conflicts", 1200).startswith("1,200 пост")


def test_a_model_knows_three_digits_and_an_axis_has_words_for_millions() -> None:
    assert EN.about(1423733) == "1,420,000"
    assert [EN.tick(value) for value in (0, 250_000, 1_500_000, 2_000_000)] == [
        "0",
        "250,000",
        "1.5 million",
        "2 million",
    ]
    assert MN.tick(1_500_000) == "1.5 сая"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_that_nobody_translated_is_shown_as_words(language: str) -> None:
    assert words_of(language).name("content_type", "puppet_show") == "puppet show"


def test_a_hostile_value_is_filled_in_as_it_is() -> None:
    assert "{0.__class__}" in Words("en", EN.entries).say("donor", donor="{0.__class__}")
