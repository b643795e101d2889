"""Answers: what came over the wire is checked before it counts. Status first, then strict JSON, then Meta's error."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.adapters.graph.refusals import meaning_of
from ingest.adapters.graph.usage import asked_wait, regain_minutes
from ingest.domain.errors import AnswerRejected, GraphUnavailable, RateLimited, RequestRefused

DEEPEST = 64
TOO_MANY = 429
LONGEST_NUMBER = 300


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


def checked(
    *, status: int, headers: Mapping[str, str], body: bytes, asked_version: str, account_id: str = ""
) -> Answer:
    """The answer, if it is one.

    Raises: AnswerRejected, GraphUnavailable, RateLimited, TooMuchData, TokenRefused, RequestRefused.
    """
    try:
        content = strict_json(body)
    except ValueError as problem:
        if status == TOO_MANY:
            raise RateLimited(
                "Meta says that there were too many calls. The account rests.", minutes=asked_wait(headers)
            ) from None
        if status >= 500:  # noqa: PLR2004 - HTTP's own classes
            raise GraphUnavailable(f"Meta answered with status {status} and no JSON. It is tried again.") from None
        raise AnswerRejected(f"Meta's answer (status {status}) is no strict JSON: {problem}.", body=body) from None
    if "error" in content:
        waits = regain_minutes(headers, account_id=account_id)
        raise meaning_of(content["error"], status=status, body=body, waits=waits)
    if status != 200:  # noqa: PLR2004
        raise GraphUnavailable(f"Meta answered with status {status} and no error. It is tried again.")
    served = headers.get("facebook-api-version")
    if served is not None and served != asked_version:
        raise RequestRefused(
            f"Graph API {asked_version} was asked for, {served} answered: the version is not served any more. "
            "Set CAMPAIGN_REACH_GRAPH_VERSION to a living one."
        )
    return Answer(status, headers, body, content)


def require_list(answer: Answer) -> None:
    """Refuse what is no page of a list, and a page whose insights belong to other objects than they stand in.

    Raises: AnswerRejected.
    """
    data = answer.json.get("data")
    if not isinstance(data, list):
        raise AnswerRejected("Meta's answer is no page of a list: it has no `data`.", body=answer.body)
    for one in data:
        insights = one.get("insights") if isinstance(one, dict) else None
        if isinstance(insights, dict):
            _require_insights_of(str(one.get("id")), insights, answer.body)


def require_about(answer: Answer, object_id: str, *, edge: str = "") -> None:
    """Refuse an answer about another object than the one that was asked for: its id is echoed, everywhere.

    Raises: AnswerRejected.
    """
    if not edge and answer.json.get("id") != object_id:
        raise AnswerRejected(f"Meta answered about another object than {object_id}.", body=answer.body)
    if edge.endswith("insights"):
        _require_insights_of(object_id, answer.json, answer.body)
    elif edge:
        require_list(answer)


def _require_insights_of(object_id: str, insights: Mapping[str, Any], body: bytes) -> None:
    """An insight is called `{object}/insights/{metric}/{period}`."""
    data = insights.get("data")
    if not isinstance(data, list):
        raise AnswerRejected(f"Meta's insights of {object_id} are no list.", body=body)
    named = (one.get("id") for one in data if isinstance(one, dict))
    if any(isinstance(name, str) and not name.startswith(f"{object_id}/") for name in named):
        raise AnswerRejected(f"Meta answered about another object than {object_id}.", body=body)


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
    if _is_deeper(content, DEEPEST):
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


def _is_deeper(content: Any, deepest: int) -> bool:
    """Whether objects and lists are nested more than so deep: looked at level by level, without recursion."""
    level = [content]
    for _ in range(deepest):
        level = [
            part
            for one in level
            for part in (one.values() if type(one) is dict else one)
            if type(part) is dict or type(part) is list  # what json.loads makes: no other kinds
        ]
        if not level:
            return False
    return True
