"""Usage: how much of a quota Meta's headers say is used, and when it is free again.

What cannot be read counts as nothing: the header is a courtesy, Meta's own refusal is the law.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

LONGEST_WAIT_MINUTES = 60
LONGEST_REGAIN_MINUTES = 24 * 60
USAGE_HEADERS = ("x-app-usage", "x-page-usage", "x-business-use-case-usage")
USAGE_KEYS = ("call_count", "total_time", "total_cputime")


def used_pct(headers: Mapping[str, str], *, account_id: str = "") -> int:
    """How much of the fullest quota is used, in percent, as the usage headers say; 0 when they say nothing.

    Where they speak of several accounts, only what they say of this one counts.
    """
    return max((int(use.get(key, 0)) for use in _uses(headers, account_id) for key in USAGE_KEYS), default=0)


def regain_minutes(headers: Mapping[str, str], *, account_id: str = "") -> int:
    """In how many minutes Meta gives access again, at most a day; 0 when it does not say."""
    waits = (int(use.get("estimated_time_to_regain_access", 0)) for use in _uses(headers, account_id))
    return max(0, min(max(waits, default=0), LONGEST_REGAIN_MINUTES))


def asked_wait(headers: Mapping[str, str]) -> int | None:
    """The minutes of `Retry-After`, at least one and at most an hour; None when it is no number."""
    seconds = headers.get("retry-after", "")
    return max(1, min(-(-int(seconds) // 60), LONGEST_WAIT_MINUTES)) if seconds.isdecimal() else None


def _uses(headers: Mapping[str, str], account_id: str) -> list[Mapping[str, int]]:
    """The usage objects of all three headers; one that cannot be read counts as nothing."""
    uses: list[Mapping[str, int]] = []
    for name in USAGE_HEADERS:
        whole, by_account = _read(headers.get(name) or "{}")
        mine = by_account.get(account_id)
        uses += [whole, *(mine if mine is not None else [one for found in by_account.values() for one in found])]
    return uses


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[Mapping[str, int], Mapping[str, list[Mapping[str, int]]]]:
    """A header's own numbers, and those of each account; the same header comes with every part of a batch."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}, {}
    if not isinstance(content, dict):
        return {}, {}
    lists = {name: value for name, value in content.items() if isinstance(value, list)}
    return _numbers(content), {name: [_numbers(one) for one in value] for name, value in lists.items()}


def _numbers(use: Any) -> Mapping[str, int]:
    return {key: value for key, value in use.items() if isinstance(value, int)} if isinstance(use, dict) else {}
