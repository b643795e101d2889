"""Reasons that the marts give in English sentences are told in the words of both languages."""

import re

import pytest

from ingest.report.reasons import SENTENCES, codes_in, reason_in
from ingest.report.words import LANGUAGES, words_of
from ingest.settings import PROJECT

MODELS = PROJECT / "dbt_project" / "models"
SPEAKING = (
    *sorted((MODELS / "intermediate" / "figures").glob("*.sql")),
    *(MODELS / "marts" / f"{name}.sql" for name in ("agg_published_figures", "agg_survey_change", "rpt_freshness")),
)
VALUES = {"count": "2", "posts": "34", "metric": "duplicated_reach", "accounts": "A. B, C", "qualifier": "more than",
          "day": "2024-02-20", "platforms": "youtube, tiktok", "year": "2019"}  # fmt: skip
"""What the marts fill in."""


def given(code: str) -> str:
    return SENTENCES[code].format(**VALUES)


def test_every_sentence_that_a_mart_can_give_is_known_here() -> None:
    known = " ".join(re.sub(r"{\w+}", "", sentence) for sentence in SENTENCES.values())
    code = " ".join(re.sub("--.*", "", path.read_text(encoding="utf-8")) for path in SPEAKING)
    spoken = [text for text in re.findall(r"'([^']*)'", code) if re.search(r"[a-z]+ [a-z]+", text)]
    assert len(spoken) > 20
    assert [text for text in spoken if " ".join(text.split()) not in " ".join(known.split())] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", SENTENCES)
def test_a_reason_is_recognised_and_told_with_its_values(code: str, language: str) -> None:
    words = words_of(language)
    assert codes_in(given(code)) == (code,)
    told = reason_in(words, given(code))
    assert told
    assert "{" not in told
    for hole in re.findall(r"{(\w+)}", words.entries["reason"][code]):
        if hole in ("count", "posts", "accounts", "day", "year"):
            assert VALUES[hole] in told


def test_several_reasons_are_told_one_after_the_other() -> None:
    both = f"{given('no_impressions')} {given('no_platform')}"
    assert codes_in(both) == ("no_impressions", "no_platform")
    assert reason_in(words_of("mn"), both).endswith("; YouTube, TikTok сувгийн мэдээллийг хараахан оруулаагүй")


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_have_every_reason(language: str) -> None:
    assert set(words_of(language).entries["reason"]) == set(SENTENCES)


def test_a_sentence_that_nobody_knows_is_left_as_it_is() -> None:
    assert reason_in(words_of("mn"), f"{given('no_source')} Ask somebody.") == (
        "энэ тухай мэдээлэл хараахан ирээгүй; Ask somebody"
    )
    assert reason_in(words_of("mn"), None) == ""
