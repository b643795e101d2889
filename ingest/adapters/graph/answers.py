"""Answers: what came over the wire is checked before it counts. Status first, then strict JSON, then Meta's error."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.domain.errors import (
    CampaignReachError,
    GraphUnavailable,
    RateLimited,
    RequestRefused,
    TokenRefused,
    TryAgain,
)

DEEPEST = 64
TOO_MANY = 429
LONGEST_WAIT_MINUTES = 60
USAGE_HEADERS = ("x-app-usage", "x-page-usage", "x-business-use-case-usage")
USAGE_KEYS = ("call_count", "total_time", "total_cputime")
LONGEST_NUMBER = 300
RATE_CODES = {4, 17, 32, 341, 613}
BUSINESS_RATE_CODES = range(80000, 80015)
TOKEN_CODES = {102, 190, 210}
PERMISSION_CODES = {3, 10, 283, *range(201, 300)}
PASSING_CODES = {1, 2}
REDUCE = "reduce the amount of data"
WHAT_TO_DO = {
    458: "the app was removed by the person who gave the token: connect the account again",
    460: "the password was changed: make a new token",
    463: "the token has expired: make a new one, best a system-user token, which does not",
    467: "the token is no longer valid: make a new one",
    492: "the person has no role on the Page any more: give it back, or use another token",
}


class AnswerRejected(TryAgain):
    """What came is no answer of the Graph API; `body` is what came, for the quarantine."""

    def __init__(self, message: str, *, body: bytes) -> None:
        super().__init__(message)
        self.body = body


class TooMuchData(TryAgain):
    """Meta asks for a smaller page."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked answer: a JSON object without an error. `body` is the bytes as received."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: dict[str, Any] = field(repr=False)

    @property
    def graph_version(self) -> str | None:
        """The version that Meta says it has served."""
        return self.headers.get("facebook-api-version")


def checked(*, status: int, headers: Mapping[str, str], body: bytes, asked_version: str) -> Answer:
    """The answer, if it is one.

    Raises: AnswerRejected, GraphUnavailable, RateLimited, TooMuchData, TokenRefused, RequestRefused.
    """
    try:
        content = strict_json(body)
    except ValueError as problem:
        if status == TOO_MANY:
            raise RateLimited(
                "Meta says that there were too many calls. The account rests.", minutes=_asked_wait(headers)
            ) from None
        if status >= 500:  # noqa: PLR2004 - HTTP's own classes
            raise GraphUnavailable(f"Meta answered with status {status} and no JSON. It is tried again.") from None
        raise AnswerRejected(f"Meta's answer (status {status}) is no strict JSON: {problem}.", body=body) from None
    if "error" in content:
        raise _meant(status, content["error"], body, waits=regain_minutes(headers))
    if status != 200:  # noqa: PLR2004
        raise GraphUnavailable(f"Meta answered with status {status} and no error. It is tried again.")
    served = headers.get("facebook-api-version")
    if served is not None and served != asked_version:
        raise RequestRefused(
            f"Graph API {asked_version} was asked for, {served} answered: the version is not served any more. "
            "Set CAMPAIGN_REACH_GRAPH_VERSION to a living one."
        )
    return Answer(status, headers, body, content)


def strict_json(body: bytes) -> dict[str, Any]:
    """The JSON object that the bytes are.

    Raises: ValueError, with what is wrong: not UTF-8, no object, NaN, a key that stands twice, too deep.
    """
    try:
        content = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_doubles,
            parse_constant=_no_constant,
            parse_int=_number,
            parse_float=_float,
        )
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(content, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - one kind of error for the caller
    if body.count(b"{") + body.count(b"[") > DEEPEST and _depth(content) > DEEPEST:
        raise ValueError("it is nested too deep")
    return content


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a key stands twice")
    return content


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return value


def _depth(content: Any) -> int:
    depth, level = 0, [content]
    while level:
        depth += 1
        children = (child for one in level for child in (one.values() if isinstance(one, dict) else one))
        level = [child for child in children if isinstance(child, dict | list)]
    return depth


def used_pct(headers: Mapping[str, str]) -> int:
    """How much of the fullest quota is used, in percent, as the usage headers say; 0 when they say nothing."""
    return max((int(use.get(key, 0)) for use in _uses(headers) for key in USAGE_KEYS), default=0)


def regain_minutes(headers: Mapping[str, str]) -> int:
    """In how many minutes Meta gives access again; 0 when it does not say."""
    return max((int(use.get("estimated_time_to_regain_access", 0)) for use in _uses(headers)), default=0)


def _asked_wait(headers: Mapping[str, str]) -> int | None:
    """The minutes of `Retry-After`, at least one and at most an hour; None when it is no number."""
    seconds = headers.get("retry-after", "")
    return max(1, min(-(-int(seconds) // 60), LONGEST_WAIT_MINUTES)) if seconds.isdecimal() else None


def _uses(headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """The usage objects of all three headers; one that cannot be read counts as nothing."""
    uses: list[dict[str, Any]] = []
    for name in USAGE_HEADERS:
        try:
            content = json.loads(headers.get(name) or "{}")
        except ValueError:
            continue
        if not isinstance(content, dict):
            continue
        lists = [one for value in content.values() if isinstance(value, list) for one in value]
        uses += [one for one in [content, *lists] if isinstance(one, dict)]
    return [{key: value for key, value in use.items() if isinstance(value, int)} for use in uses]


def _meant(status: int, error: Any, body: bytes, *, waits: int) -> CampaignReachError:
    """What an error of Meta means for us: decided by code, subcode and `is_transient`, never by its text alone."""
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        return AnswerRejected(f"Meta's answer (status {status}) holds an error without a code.", body=body)
    code, subcode = error["code"], error.get("error_subcode")
    text = str(error.get("message", ""))[:300]
    said = f"Meta says: {text} (code {code}{f', subcode {subcode}' if subcode else ''})"
    if code in TOKEN_CODES or code in PERMISSION_CODES:
        return TokenRefused(f"{said}. What to do: {_todo(code, subcode)}.")
    return _passing(code, said, text, error, waits) or RequestRefused(f"{said}.", code=code, subcode=subcode)


def _passing(code: int, said: str, text: str, error: dict[str, Any], waits: int) -> CampaignReachError | None:
    """The error, if it passes by itself: a quota, a page that was too large, a short illness."""
    if code in RATE_CODES or code in BUSINESS_RATE_CODES:
        rests = "The account rests; the next sweep goes on."
        return RateLimited(f"A quota is used up. {said}. {rests}", minutes=waits or None)
    if code in PASSING_CODES and REDUCE in text:
        return TooMuchData(f"The page was too large. {said}.")
    if code in PASSING_CODES or error.get("is_transient"):
        return GraphUnavailable(f"{said}. It is tried again.")
    return None


def _todo(code: int, subcode: int | None) -> str:
    if code in PERMISSION_CODES:
        return "give the token the missing permission; `campaign-reach check` names it"
    return WHAT_TO_DO.get(subcode or 0, "check CAMPAIGN_REACH_ACCESS_TOKENS with `campaign-reach check`")
