"""People reached by a set of posts: bounds, an estimate with its range, and the reasons where there is none.

Written apart from the SQL of the marts, so that one can be held against the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ACROSS_ACCOUNTS, PLAUSIBLE = 0.74, (0.70, 1.35)
"""dbt's variables `q_across_accounts`, `plausible_low` and `plausible_high`: a test holds them together."""


@dataclass(frozen=True, slots=True)
class AccountPeople:
    """What is known of one account of a set beside its posts: its windows' cap, and how its audiences overlap."""

    platform: str
    account_id: str
    covered: float | None
    q: float | None
    reason: str | None = None
    """Why its windows do not calibrate it, though there are some."""


Accounts = Mapping[AccountPeople, Sequence[int | None]]
"""The reaches of each account's posts."""
Audience = tuple[int | None, bool]
"""The campaign's audience, and whether it caps who can be reached."""


def at_most(accounts: Accounts, audience: Audience, *, is_of_one_platform: bool) -> int | None:
    """At most how many people the accounts' posts reached: their sum, capped by windows and by the audience.

    Over several platforms None where a cap is below the largest post: then one of the two is wrong.
    """
    platforms = _caps(accounts, audience)
    most = _least(_total(list(platforms.values())), _ceiling(audience)) if accounts else None
    is_refused = not is_of_one_platform and _is_wrong(accounts, platforms)
    return None if most is None or is_refused else round(most)


def why_no_upper(accounts: Accounts, audience: Audience, *, is_of_one_platform: bool) -> str | None:
    """Why there is no bound from above; None when there is one."""
    if not accounts:
        return "no_posts"
    platforms = _caps(accounts, audience)
    if not is_of_one_platform and _is_wrong(accounts, platforms):
        return "contradiction"
    return "withheld_reach" if any(most is None for most in platforms.values()) else None


def _caps(accounts: Accounts, audience: Audience) -> dict[str, float | None]:
    """By platform, how many people it is at most; None where nobody can say."""
    caps: dict[str, list[float | None]] = {}
    for account, reaches in accounts.items():
        known = [one for one in reaches if one is not None]
        whole = sum(known) if len(known) == len(reaches) else None
        caps.setdefault(account.platform, []).append(_least(account.covered, whole))
    return {platform: _least(_total(each), _ceiling(audience)) for platform, each in caps.items()}


def _ceiling(audience: Audience) -> int | None:
    size, is_ceiling = audience
    return size if is_ceiling else None


def _is_wrong(accounts: Accounts, caps: Mapping[str, float | None]) -> bool:
    return any(most is not None and _largest_of(accounts, one) > most for one, most in caps.items())


def _largest_of(accounts: Accounts, platform: str) -> int:
    return max(
        (one or 0 for each, reaches in accounts.items() if each.platform == platform for one in reaches), default=0
    )


def estimate(accounts: Accounts, audience: Audience) -> float | None:
    """About how many people the accounts' posts of one platform reached; None where one account allows no estimate."""
    return _estimated(accounts, audience)[0]


def why_no_estimate(accounts: Accounts, audience: Audience) -> str | None:
    """Why there is no estimate; None when there is one."""
    return _estimated(accounts, audience)[1]


def _estimated(accounts: Accounts, audience: Audience) -> tuple[float | None, str | None]:
    upper = at_most(accounts, audience, is_of_one_platform=True)
    largest = max((one or 0 for reaches in accounts.values() for one in reaches), default=0)
    if upper is not None and largest >= upper:
        return (largest, None) if largest == upper else (None, "contradiction")
    people = [_of_account(account, reaches) for account, reaches in accounts.items()]
    known = [one for one in people if one is not None]
    if len(known) < len(people) or not known:
        reasons = {_why_none(account, reaches) for account, reaches in accounts.items()} - {None}
        return None, "withheld_reach" if "withheld_reach" in reasons else min(map(str, reasons), default=None)
    found = power_mean(known, ACROSS_ACCOUNTS)
    size, is_ceiling = audience
    if size is not None and found > size:
        return (size, None) if is_ceiling else (None, "above_audience")
    return found, None


def _why_none(account: AccountPeople, reaches: Sequence[int | None]) -> str | None:
    if any(one is None for one in reaches):
        return "withheld_reach"
    return (account.reason or "no_window") if _of_account(account, reaches) is None else None


def plausible(metric: str, people: float | None, largest: int, upper: int | None) -> float | None:
    """One end of the range around an estimate; None without an estimate, or where the bounds leave no room for one."""
    if people is None or upper is None or largest >= upper:
        return None
    if metric.endswith("_low"):
        return max(largest, PLAUSIBLE[0] * people)
    return min(upper, PLAUSIBLE[1] * people)


def _of_account(account: AccountPeople, reaches: Sequence[int | None]) -> float | None:
    known = [one for one in reaches if one is not None]
    if len(known) < len(reaches) or not known:
        return None
    if len(known) == 1 or max(known) == 0:
        return max(known)
    if account.q is None:
        return None
    mean = power_mean(known, account.q)
    return max(*known, mean if account.covered is None else min(mean, account.covered))


def power_mean(reaches: Sequence[float], q: float) -> float:
    """How many people the audiences hold together: all of them for q = 1, the largest alone as q comes to 0."""
    largest = max(reaches)
    return largest * float(sum((one / largest) ** (1 / q) for one in reaches) ** q) if largest else 0.0


def _least(*several: float | None) -> float | None:
    return min((one for one in several if one is not None), default=None)


def _total(several: Sequence[float | None]) -> float | None:
    return None if any(one is None for one in several) else sum(one for one in several if one is not None)
