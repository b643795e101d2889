"""The words of a language: sentences from a translation file, numbers and dates as that language writes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from ingest.report.targets import attained_shown

LANGUAGES = ("en", "mn")
FOLDER = Path(__file__).parent / "words"
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Every word of a report comes out of here, or out of the publication."""

    language: str
    entries: dict[str, Any]

    def say(self, key: str, count: int | None = None, /, **values: object) -> str:
        """The sentence of a key, its values filled in; `count` chooses one, two or other, where they differ."""
        entry = self.entries[key]
        if isinstance(entry, dict):
            entry = entry.get({1: "one", 2: "two"}.get(count or 0, "other"), entry["other"])
        if count is not None:
            values["count"] = self.number(count)
        return str(entry).format(**values)

    def name(self, kind: str, code: str) -> str:
        """What a code (content type, platform, reason …) is called; a code without a name is shown as words."""
        return str(self.entries[kind].get(code, code.replace("_", " ")))

    def named(self, kind: str, code: str | None) -> str | None:
        """The text of a code that has one; None for a code that is not known here."""
        found = self.entries[kind].get(code) if code else None
        return str(found) if found else None

    def number(self, value: float | None, *, digits: int = 0) -> str:
        """A number with separators; a dash for what is not known."""
        if value is None:
            return "–"
        whole, _, rest = f"{abs(value):,.{digits}f}".partition(".")
        whole = whole.replace(",", self.entries["group"])
        sign = "−" if value < 0 and float(f"{value:.{digits}f}") else ""
        return sign + whole + (self.entries["decimal"] + rest if rest else "")

    def about(self, value: float) -> str:
        """A modelled number to three digits, which is all that a model knows."""
        return self.number(float(f"{value:.3g}"))

    def percent(self, part: float | None, whole: float | None = 100) -> str:
        """A share in percent: one digit below ten, and where a rounded one would say 0 or 100 and be wrong."""
        if part is None or not whole:
            return "–"
        share = 100 * part / whole
        if 0 < share < 0.05:  # noqa: PLR2004 - percent
            return self.say("percent", share="<" + self.number(0.1, digits=1))
        is_small = 0 < share < 10 and round(share, 1) < 10  # noqa: PLR2004 - percent
        if round(share) == 100 and part != whole:  # noqa: PLR2004 - percent
            return self.attained(share)
        return self.say("percent", share=self.number(share, digits=1 if is_small else 0))

    def attained(self, share: float | None) -> str:
        """How much of a target was reached: with a digit, so that 99.96 does not look like met."""
        return "–" if share is None else self.say("percent", share=self.number(attained_shown(share), digits=1))

    def points(self, value: float) -> str:
        """A change in percentage points, with its sign."""
        return ("+" if value > 0 else "") + self.number(value, digits=1)

    def tick(self, value: float) -> str:
        """A number on an axis, short and exact: millions as a word, with as many digits as it takes."""
        if value >= MILLION:
            return self.say("million", number=self.number(value / MILLION, digits=_digits(value / MILLION)))
        return self.number(value, digits=_digits(value))

    def qualified(self, value: float | None, qualifier: str, *, unit: str | None = None) -> str:
        """A number with its unit, as sure as it was given: about, more than, or exact."""
        number = self.number(value)
        if value is None:
            return number
        if unit and unit.startswith("percent"):
            number, unit = self.name("with_unit", unit).format(number=number), None
        key = f"qualified_{qualifier}"
        number = self.say(key, number=number) if key in self.entries else number
        return self.name("with_unit", unit).format(number=number) if unit else number

    def day(self, day: date | None) -> str:
        """A date in full."""
        if day is None:
            return "–"
        month = self.entries["months"][day.month - 1]
        return self.say("day", day=day.day, month=month, year=day.year)

    def short_day(self, day: date | None) -> str:
        """A date in a table."""
        if day is None:
            return "–"
        month = self.entries["short_months"][day.month - 1]
        return self.say("short_day", day=f"{day.day:{self.entries['short_day_digits']}}", month=month, year=day.year)

    def moment(self, at: datetime | None, time_zone: str) -> str:
        """A UTC time, as the clocks of a time zone showed it."""
        if at is None:
            return "–"
        local = at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(time_zone))
        return self.say("moment", day=self.day(local.date()), time=f"{local:%H:%M}")

    def period(self, first: date, last: date) -> str:
        """From one day to another."""
        return self.say("period", first=self.day(first), last=self.day(last))

    def all_of(self, things: Iterable[str]) -> str:
        """Several things in a sentence: A, B and C."""
        *before, last = list(things)
        return self.say("list", first=", ".join(before), last=last) if before else last


def _digits(value: float) -> int:
    """How many digits after the point say a number whole."""
    return next((digits for digits in range(6) if round(value, digits) == value), 6)


@cache
def words_of(language: str) -> Words:
    """The words of a language."""
    text = (FOLDER / f"{language}.yml").read_text(encoding="utf-8")
    return Words(language, yaml.safe_load(text))
