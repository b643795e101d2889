"""Dialects: what an export of each product looks like, in every language. They are data, `dialects/*.yml`."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
MISSING = ("", "-", "--", "—", "–", "nan", "n/a", "na", "null", "none", "not available", "неизвестно", "#n/a")
"""What stands for "not given" in a cell; never 0."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column is: a field of ours, or a metric by its name in exports; and in which languages it is so called."""

    kind: str
    name: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One product's export."""

    product: str
    title: str
    platform: str
    kind: str
    required: tuple[str, ...]
    any_of: tuple[str, ...]
    time_zone: str
    headers: Mapping[str, Meaning]
    """What each header means, by its `plain` form."""
    known: frozenset[str]
    post_types: Mapping[str, str]
    lifetime: frozenset[str]
    totals: frozenset[str]
    date_orders: Mapping[str, str]
    times: Mapping[str, float]
    periods: Mapping[str, str]
    facts: Mapping[str, Any]
    """All else that the file says, such as `has_total_row`."""

    def has(self, name: str) -> bool:
        """Whether the file says yes to it."""
        return bool(self.facts.get(name))

    def has_seen(self, language: str) -> bool:
        """Whether headers in a language were met in files; else they are known from the product's interface only."""
        return language in (self.facts.get("seen") or {})

    def text(self, name: str) -> str:
        """What the file says of it; empty when it says nothing."""
        return str(self.facts.get(name) or "")


@lru_cache(maxsize=20_000)
def plain(header: str) -> str:
    """A header as it is compared: no soft hyphens, one blank between words, no case, one kind of quotation mark."""
    text = UNSEEN.sub("", unicodedata.normalize("NFKC", header))
    text = re.sub(r"[’‘`´]", "'", re.sub(r"[“”„«»]", '"', text))
    return " ".join(text.split()).casefold()


@cache
def dialects() -> tuple[Dialect, ...]:
    """All that there are."""
    folder = files(__package__).joinpath("dialects")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yml"))
    return tuple(_dialect(yaml.safe_load(folder.joinpath(name).read_text(encoding="utf-8"))) for name in names)


def dialect_of(product: str) -> Dialect:
    """The dialect of that product."""
    return next(one for one in dialects() if one.product == product)


def _dialect(said: dict[str, Any]) -> Dialect:
    headers: dict[str, Meaning] = {}
    for kind, section in (("field", "fields"), ("metric", "metrics")):
        for header, name, language in _aliases(said.get(section) or {}):
            before = headers.get(header)
            languages = (*before.languages, language) if before and before.name == name else (language,)
            headers.setdefault(header, Meaning(kind, name, languages))
            if headers[header].name == name:
                headers[header] = Meaning(kind, name, tuple(dict.fromkeys(languages)))
    return Dialect(
        product=said["product"],
        title=said["title"],
        platform=said["platform"],
        kind=said["kind"],
        required=tuple(said["required"]),
        any_of=tuple(said.get("any_of") or ()),
        time_zone=said.get("time_zone") or "UTC",
        headers=headers,
        known=frozenset(map(plain, said.get("known") or ())),
        post_types={
            plain(alias): ours for ours, aliases in (said.get("post_types") or {}).items() for alias in aliases
        },
        lifetime=frozenset(map(plain, said.get("lifetime") or ())),
        totals=frozenset(map(plain, said.get("totals") or ("Total",))),
        date_orders=said.get("date_orders") or {},
        times=said.get("times") or {},
        periods=said.get("periods") or {},
        facts=said,
    )


def _aliases(section: Mapping[str, Mapping[str, list[str]]]) -> Iterator[tuple[str, str, str]]:
    for name, by_language in section.items():
        for language, aliases in by_language.items():
            for alias in aliases:
                yield plain(alias), name, language
