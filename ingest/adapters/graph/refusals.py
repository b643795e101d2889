"""Refusals: what Meta's errors mean, for a whole call and for one object of it.

Source: sections 1.4, 3.1 and 3.2 of the project's notes on the Graph API; each row is met by a test of its fault.
"""

from dataclasses import dataclass
from typing import Any, Literal

from ingest.domain.errors import (
    AccountBlocked,
    AnswerRejected,
    CampaignReachError,
    GraphUnavailable,
    RateLimited,
    RequestRefused,
    TokenRefused,
    TooMuchData,
)

RATE_CODES = {4, 17, 32, 341, 613}
APP_WIDE_RATE_CODES = {4, 17, 341}
"""Quotas of the app or of the token's user: every account rests, not only the one that was asked for."""
BUSINESS_RATE_CODES = range(80000, 80015)
TOKEN_CODES = {102, 190, 210}
PERMISSION_CODES = {3, 10, 283, *range(201, 300)}
PASSING_CODES = {1, 2}
BLOCKED = 368
UNAVAILABLE = 500
REDUCE = "reduce the amount of data"
WHAT_TO_DO = {
    458: "the app was removed by the person who gave the token: connect the account again",
    460: "the password was changed: make a new token",
    463: "the token has expired: make a new one, best a system-user token, which does not",
    467: "the token is no longer valid: make a new one",
    492: "the person has no role on the Page any more: give it back, or use another token",
}
Concerns = Literal["object", "metric", "metric of this kind", "edge", "window", "size", "odd"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the refusal of one question concerns, and the reason that its values get."""

    concerns: Concerns
    reason: str


@dataclass(frozen=True, slots=True)
class _Rule:
    refusal: Refusal
    code: int
    subcode: int | None = None
    words: str = ""

    def fits(self, error: dict[str, Any]) -> bool:
        return (
            error.get("code") == self.code
            and (self.subcode is None or error.get("error_subcode") == self.subcode)
            and self.words in str(error.get("message", ""))
        )


GONE = Refusal("object", "post_deleted")
NOT_ITS = Refusal("object", "not_applicable")
NO_ACCESS = Refusal("edge", "withheld")
DEAD = Refusal("metric", "metric_removed")
TOO_FEW = Refusal("metric", "withheld")
ODD = Refusal("odd", "not_yet_available")
"""A refusal that nobody has seen yet: its values are unknown, and it is asked again."""
TOO_LONG = Refusal("window", "not_yet_available")
RULES = (
    _Rule(GONE, 100, 33),
    _Rule(NOT_ITS, 100, 2108006),
    _Rule(Refusal("metric of this kind", "not_applicable"), 100, None, "does not support"),
    _Rule(NOT_ITS, 100, None, "nonexisting field"),
    _Rule(DEAD, 100, None, "insights metric"),
    _Rule(DEAD, 100, None, "must be one of the following values"),
    _Rule(TOO_LONG, 100, None, "since and until"),
    _Rule(TOO_LONG, 3018),
    _Rule(GONE, 803),
    _Rule(NOT_ITS, 12),
    _Rule(TOO_FEW, 200),
    _Rule(Refusal("object", "withheld"), 10, None, "Not enough viewers"),
)


KNOWN_CODES = {rule.code for rule in RULES} | {1705, 2500, 2635, 2642, 3001}
"""Codes that say for good that this was refused: nothing but an unknown one is judged by the status of its answer."""


def refusal_of(error: Any) -> Refusal | None:
    """What an error of Meta concerns, when it is less than the whole account; None when it concerns more."""
    if not isinstance(error, dict):
        return None
    found = next((rule.refusal for rule in RULES if rule.fits(error)), None)
    return found or (NO_ACCESS if error.get("code") in PERMISSION_CODES else None)


def refusal_in(error: RequestRefused) -> Refusal | None:
    """The same for an error that was raised: its text holds Meta's words."""
    return refusal_of({"code": error.code, "error_subcode": error.subcode, "message": str(error)})


def meaning_of(error: Any, *, status: int, body: bytes, waits: int) -> CampaignReachError:
    """What an error of Meta means for us: decided by code, subcode and `is_transient`, never by its text alone."""
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        return AnswerRejected(f"Meta's answer (status {status}) holds an error without a code.", body=body)
    code, subcode = error["code"], error.get("error_subcode")
    text = str(error.get("message", ""))[:300]
    said = f"Meta says: {text} (code {code}{f', subcode {subcode}' if subcode else ''})"
    if code in TOKEN_CODES or code in PERMISSION_CODES:
        return TokenRefused(f"{said}. What to do: {_todo(code, subcode)}.", code=code)
    if code == BLOCKED:
        return AccountBlocked(
            f"{said}. Meta has blocked the app or the account for a while. Nothing is asked of it for a day. What to "
            "do: read what the app's dashboard and the account's support inbox say of it, and mend that."
        )
    passing = _passing(code, said, text, error, waits)
    if passing is None and status >= UNAVAILABLE and code not in KNOWN_CODES:
        return GraphUnavailable(f"{said}, in an answer with status {status}. It is tried again.")
    return passing or RequestRefused(f"{said}.", code=code, subcode=subcode)


def _passing(code: int, said: str, text: str, error: dict[str, Any], waits: int) -> CampaignReachError | None:
    """The error, if it passes by itself: a quota, a page that was too large, a short illness."""
    if code in RATE_CODES or code in BUSINESS_RATE_CODES:
        rests = "The account rests; the next sweep goes on."
        is_wide = code in APP_WIDE_RATE_CODES
        return RateLimited(f"A quota is used up. {said}. {rests}", minutes=waits or None, is_app_wide=is_wide)
    if code in PASSING_CODES and REDUCE in text:
        return TooMuchData(f"The page was too large. {said}.")
    if code in PASSING_CODES or error.get("is_transient"):
        return GraphUnavailable(f"{said}. It is tried again.")
    return None


def _todo(code: int, subcode: int | None) -> str:
    if code in PERMISSION_CODES:
        return "give the token the missing permission; `campaign-reach check` names it"
    return WHAT_TO_DO.get(subcode or 0, "check CAMPAIGN_REACH_ACCESS_TOKENS with `campaign-reach check`")
