"""When an Instagram post was made, by its address: the short code is its id, and the id holds the moment."""

import re
from datetime import UTC, datetime

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BEGAN_AT_MS = 1_314_220_021_721
CODE = re.compile(r"instagram\.com/(?:[^/]+/)?(?:p|reel|reels|tv)/([A-Za-z0-9_-]{10,11})(?:[/?]|$)")


def made_at(permalink: str) -> datetime | None:
    """The moment at which the post of an address was made; None when the address holds no short code."""
    found = CODE.search(permalink)
    if not found:
        return None
    number = 0
    for letter in found.group(1):
        number = number * 64 + ALPHABET.index(letter)
    moment = datetime.fromtimestamp(((number >> 23) + BEGAN_AT_MS) / 1000, UTC)
    return moment if moment.year < 2100 else None  # noqa: PLR2004


def shortcode_at(moment: datetime, number: int = 0) -> str:
    """A short code of a post that was made at a moment; `number` tells apart those of one millisecond."""
    left = ((int(moment.timestamp() * 1000) - BEGAN_AT_MS) << 23) + number
    code = ""
    while left:
        left, digit = divmod(left, 64)
        code = ALPHABET[digit] + code
    return code
