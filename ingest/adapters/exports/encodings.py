"""How the bytes of a file are letters: by byte order mark, by being strict UTF-8, else by the letters they give."""

import codecs
import re

from ingest.adapters.exports.copies import AT_ONCE, Copy
from ingest.adapters.exports.seen import Passing, Seen
from ingest.domain.errors import ImportRefused

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
"""Half a letter as bytes."""
OLD = ("cp1251", "cp1252")
SAMPLE = 256 * 1024
MOSTLY = 20
"""A text with this many good letters of UTF-8 for each bad one is damaged UTF-8, and not something else."""


def encoding_of(copy: Copy) -> str:
    """The name of the encoding, as Python knows it.

    Raises: ImportRefused for bytes that are no text, or text that was cut or damaged.
    """
    with copy.path.open("rb") as file:
        start = file.read(SAMPLE)
    for mark, name in MARKS:
        if start.startswith(mark) and name != "utf-8-sig":
            return name
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig" if _eight_bits(copy) == "utf-8" else "utf-8"
    if b"\x00" in start:
        return _without_mark(copy, start)
    return _eight_bits(copy)


def opened_with(encoding: str) -> tuple[str, str]:
    """Encoding and error handler to read with: a lone surrogate is let in, to be replaced by U+FFFD."""
    return encoding, "surrogatepass" if encoding.startswith("utf") else "strict"


def _without_mark(copy: Copy, start: bytes) -> str:
    """UTF-16 without a mark has a NUL in every other byte of Latin text; anything else with a NUL is no text."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) // 5 and min(even, odd) <= max(even, odd) // 50:
        return "utf-16-le" if odd > even else "utf-16-be"
    line = start[: start.index(b"\x00")].count(b"\n") + 1
    raise ImportRefused(f"{copy.shown} has a NUL byte in line {line}: it is no text, or damaged. Export it again.")


def _eight_bits(copy: Copy) -> str:
    problem = _first_not_utf8(copy)
    if problem is None:
        return "utf-8"
    with copy.path.open("rb") as file:
        file.seek(max(0, problem - SAMPLE // 2))
        near = file.read(SAMPLE)
    at = problem - max(0, problem - SAMPLE // 2)
    if SURROGATE.match(near[at : at + 3]):
        return "utf-8"
    decoded = near.decode("utf-8", errors="replace")
    bad, good = decoded.count("\ufffd"), sum(ord(letter) > 127 for letter in decoded) - decoded.count("\ufffd")  # noqa: PLR2004
    if good > MOSTLY * bad:
        raise ImportRefused(
            f"{copy.shown} is UTF-8 text with a damaged letter at byte {problem:,}: it was cut, or badly copied. "
            "Export it again."
        )
    return max(OLD, key=lambda name: _likeness(near, name))


def _first_not_utf8(copy: Copy) -> int | None:
    """The byte at which the file is no UTF-8 any more; a NUL counts as none. None when it is UTF-8 to its end."""
    seen = copy.seen or _seen(copy)
    if seen.nul_at is not None and seen.nul_at < (seen.not_utf8_at or seen.nul_at + 1):
        raise ImportRefused(f"{copy.shown} has a NUL byte near byte {seen.nul_at:,}: it is no text, or damaged.")
    return seen.not_utf8_at


def _seen(copy: Copy) -> Seen:
    passing = Passing()
    with copy.path.open("rb") as file:
        while part := file.read(AT_ONCE):
            passing.take(part)
    return passing.seen()


def _likeness(sample: bytes, encoding: str) -> float:
    """How much the text looks like one: letters of one script in a row, few signs that nobody types."""
    text = sample.decode(encoding, errors="replace")
    words = re.findall(r"[^\W\d_]{2,}", text)
    mixed = sum(1 for word in words if re.search(r"[А-Яа-яЁёӨөҮү]", word) and re.search(r"[A-Za-zÀ-ÿ]", word))
    shouting = sum(1 for word in words if re.search(r"[a-zà-ÿа-я][A-ZÀ-ÞА-Я]", word))
    runs = sum(len(run) for run in re.findall(r"[À-ÿ]{3,}", text)) if encoding == "cp1252" else 0
    strange = len(re.findall(r"[\ufffd¤¦¨¬¯¸]", text))
    return -(3 * mixed + 2 * shouting + runs + 4 * strange)
