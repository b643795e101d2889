"""Cells of spreadsheets that people fill in themselves: names, days, shares, people "more than", yes and no."""

import re
import unicodedata
from datetime import date, datetime

LARGEST = 10**9
YEAR_DIGITS = 4
DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
DOTTED_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
WHOLE = re.compile(r"\d{1,3}(?:[ ,.\u202f]\d{3})+|\d+")
AS_FLOAT = re.compile(r"^(\d+)\.0{1,2}$")
"""A whole number as a spreadsheet may give it."""
SHARE = re.compile(r"\d+(?:[.,]\d+)?")
BEFORE = (
    ("more_than", ("more than", "over", "at least", ">", "гаруй", "илүү", "более", "свыше", "mais de", "más de",
                   "über")),
    ("about", ("about", "approximately", "approx.", "around", "ca.", "circa", "~", "≈", "±", "орчим", "ойролцоогоор",
               "около", "примерно", "cerca de", "etwa", "environ")),
)  # fmt: skip
"""How people write that a number is not exact; before the number or after it."""
SEXES = {
    "female": ("female", "f", "women", "woman", "girls", "girl", "эмэгтэй", "эм", "женский", "ж", "женщины", "w"),
    "male": ("male", "m", "men", "man", "boys", "boy", "эрэгтэй", "эр", "мужской", "мужчины"),
}
YES = ("yes", "y", "1", "true", "x", "✓", "тийм", "да", "sim", "sí", "oui", "ja")
NO = ("no", "n", "0", "false", "үгүй", "нет", "não", "non", "nein")
MISSING = ("", "-", "--", "–", "n/a", "na", "nan", "none", "null")


class BadCell(Exception):
    """A cell that cannot be used; the message says what is allowed, never what stands in it."""


def given(cell: str | None) -> str | None:
    """The text of a cell; None when nothing is given."""
    text = unicodedata.normalize("NFC", cell or "").replace("\u00a0", " ").strip()
    return None if text.casefold() in MISSING else text


def name_of(cell: str | None) -> str | None:
    """A name as all names here are written: `Base line` is `base_line`, `7-19` is `age_7_19`.

    Raises: BadCell when no such name can be made of it.
    """
    text = given(cell)
    if text is None:
        return None
    name = re.sub(r"[^a-z0-9]+", "_", unicodedata.normalize("NFKC", text).casefold()).strip("_")
    name = f"age_{name}" if name[:1].isdigit() else name
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name) or not text.isascii():
        raise BadCell("must be a name in Latin letters, such as baseline or children, at most 63")
    return name


def wave_of(cell: str | None) -> str | None:
    """The name of a wave: `Endline` is `endline`, `2024` is `year_2024`, `2` is `wave_2`.

    Raises: BadCell when no such name can be made of it.
    """
    text = AS_FLOAT.sub(r"\1", given(cell) or "")
    if text.isdecimal():
        text = f"{'year' if len(text) == YEAR_DIGITS else 'wave'}_{text}"
    return name_of(text)


def day_of(cell: str | None) -> date | None:
    """A day written as 2024-05-20 or 20.05.2024.

    Raises: BadCell for any other way: 03/04/2024 is April in one country and March in another.
    """
    text = given(cell)
    if text is None:
        return None
    iso, dotted = DAY.fullmatch(text), DOTTED_DAY.fullmatch(text)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if dotted:
            return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise BadCell("must be a day such as 2024-05-20") from None


def whole_of(cell: str | None) -> int | None:
    """A whole number; thousands may be set apart by a comma, a dot or a space.

    Raises: BadCell.
    """
    text = given(cell)
    if text is None:
        return None
    text = AS_FLOAT.sub(r"\1", text)
    if not WHOLE.fullmatch(text):
        raise BadCell("must be a whole number such as 250")
    number = int(re.sub(r"\D", "", text))
    if number > LARGEST:
        raise BadCell(f"must be at most {LARGEST:,}")
    return number


def number_of(cell: str | None) -> float | None:
    """A number of at least 0, with a decimal point or comma; a per cent sign may follow.

    Raises: BadCell.
    """
    text = given(cell)
    if text is None:
        return None
    bare = text.removesuffix("%").strip()
    if not SHARE.fullmatch(bare) or len(bare) > len(str(LARGEST)) + 8:
        raise BadCell("must be a number such as 61.5")
    return float(bare.replace(",", "."))


def people_of(cell: str | None) -> tuple[int, str] | None:
    """How many people, and how exact that is: `more than 7,000`, `~2500`, `7000+`.

    Raises: BadCell.
    """
    text = given(cell)
    if text is None:
        return None
    text, qualifier = text.casefold(), "exact"
    for name, words in BEFORE:
        for word in (*words, "+") if name == "more_than" else words:
            if text.startswith(word) or text.endswith(word):
                text, qualifier = text.removeprefix(word).removesuffix(word).strip(), name
                break
    people = whole_of(text)
    if not people:
        raise BadCell("must be how many people took part, at least 1, such as 123, about 2,500 or more than 7,000")
    return people, qualifier


def sex_of(cell: str | None) -> str | None:
    """Female or male; None when it was not counted apart.

    Raises: BadCell.
    """
    text = given(cell)
    if text is None:
        return None
    for sex, words in SEXES.items():
        if text.casefold() in words:
            return sex
    raise BadCell("must be female or male, or empty when not counted apart")


def answer_of(cell: str | None) -> bool | None:
    """Yes or no; None when somebody did not answer.

    Raises: BadCell.
    """
    text = given(cell)
    if text is None:
        return None
    for said, words in ((True, YES), (False, NO)):
        if text.casefold().removesuffix(".0") in words:
            return said
    raise BadCell("must be yes or no, or empty when not answered")
