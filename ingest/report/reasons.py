"""Why a number is missing or differs: the marts say it in English sentences, the report in the words of its reader."""

import re
from functools import cache

from ingest.report.words import Words

SENTENCES = {
    "posts_without": "{count} of {posts} posts report no {metric}.",
    "accounts_unread": "Nothing was read of {accounts}.",
    "no_source": "No source has it yet.",
    "less_exact": "The data says {qualifier}, the page an exact number.",
    "another_number": "The data gives another number.",
    "outside_step": "The data does not lie between the published number and the next step of its last digit.",
    "other_digits": "The data does not round to the published digits.",
    "not_in_list": "The list of activities does not say it.",
    "no_post": "No post of the campaign matches the figure.",
    "no_impressions": (
        "Meta serves no impressions since November 2025, views are not impressions, and no export of that time has "
        "been imported."
    ),
    "not_read_by": "None of its posts had been read by {day}.",
    "not_reported": "None of its posts reports this metric.",
    "no_platform": "No source of {platforms} has been imported yet.",
    "several_groups": "Several groups were asked: name respondents in the figure.",
    "no_share": "The share is not among the survey results.",
    "no_change": "The shares of the two waves are not given, so that their change cannot be computed.",
    "wave_without_share": "The share of a wave is not given.",
    "wave_without_n": "How many were asked is not given.",
    "wave_empty": "Nobody was asked in a wave.",
    "same_people": "The same people were asked: their answers are not given together.",
    "never_read": "It was never read: campaign-reach check says why.",
    "no_file": "No source of this platform has been imported yet.",
    "full_year": "Meta lists about 600 posts of a year: of {year} some may be missing. Import an export.",
}
"""Each sentence that a mart may give as a reason, by the name that the translation files know it by."""

OF_FILES = frozenset({"never_read", "no_file"})
"""Reasons that an account has which is not read, because what is known of it comes in files."""


def codes_in(reason: str | None) -> tuple[str, ...]:
    """The names of the sentences that a reason is made of."""
    return tuple(code for code, _ in _parts(reason or "") if code)


def reason_in(words: Words, reason: str | None) -> str:
    """A reason in the words of a language, without its last full stop; a sentence nobody knows is left as it is."""
    said = (_said(words, code, found) for code, found in _parts(reason or ""))
    return "; ".join(one.rstrip(".") for one in said)


def _said(words: Words, code: str | None, found: dict[str, str]) -> str:
    if code is None:
        return found["text"]
    values = {name: _value(words, name, value) for name, value in found.items()}
    return str(words.entries["reason"][code]).format(**values)


def _value(words: Words, name: str, value: str) -> str:
    """What stands in a hole, in the language: names of platforms and metrics, numbers; anything else as it is."""
    if name == "platforms":
        return ", ".join(words.name("platform", one) for one in value.split(", "))
    if name in ("metric", "qualifier"):
        return words.name(name, value.replace(" ", "_"))
    return words.number(int(value)) if name in ("count", "posts") else value


def _parts(reason: str) -> list[tuple[str | None, dict[str, str]]]:
    """The sentences of a reason: name and values; what is not known comes whole, without a name."""
    parts: list[tuple[str | None, dict[str, str]]] = []
    rest = reason.strip()
    while rest:
        for code, shape in _shapes():
            found = shape.match(rest)
            if found:
                parts.append((code, found.groupdict()))
                rest = rest[found.end() :].lstrip()
                break
        else:
            return [*parts, (None, {"text": rest})]
    return parts


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Sentences without holes come first: what fits one word for word is not taken for another."""
    in_order = sorted(SENTENCES.items(), key=lambda entry: "{" in entry[1])
    holes = {"count": r"\d+", "posts": r"\d+", "year": r"\d+", "accounts": ".+"}
    return tuple(
        (
            code,
            re.compile(
                "".join(
                    f"(?P<{part[1:-1]}>{holes.get(part[1:-1], '.+?')})" if part.startswith("{") else re.escape(part)
                    for part in re.split(r"({\w+})", sentence)
                )
                + r"(?=\s|$)"
            ),
        )
        for code, sentence in in_order
    )
