"""Batches: up to fifty questions in one request. Each counts as a call of its own: a batch saves time, not quota.

A part that Meta refuses costs its own values only: the refusal lands with its reason. A part that did not finish is
asked again. Source: POST /, section 2.4 of the project's notes on the Graph API.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from ingest.adapters.graph.answers import Answer, AnswerRejected, checked, strict_json
from ingest.adapters.graph.pager import next_position
from ingest.adapters.graph.session import GraphApi
from ingest.adapters.landing.envelope import Received, Request, without_credentials
from ingest.domain.errors import CampaignReachError, GraphUnavailable

MOST_PARTS = 50
MOST_TRIES = 4
OBJECT_REFUSALS = (
    (100, 33, "", "post_deleted"),
    (100, 2108006, "", "not_applicable"),
    (100, None, "does not support", "not_applicable"),
    (100, None, "nonexisting field", "not_applicable"),
    (100, None, "insights metric", "metric_removed"),
    (100, None, "must be one of the following values", "metric_removed"),
    (200, None, "", "withheld"),
    (10, None, "Not enough viewers", "withheld"),
)
"""Code, subcode and words of a refusal that concerns one object only, and the reason that its values get."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question of a batch: where, with which parameters, and what lands of it."""

    path: tuple[str, ...]
    request: Request
    params: Mapping[str, str]

    @property
    def address(self) -> str:
        """The address below the version, without a credential."""
        metrics = {"metric": ",".join(self.request.metrics)} if self.path[-1].endswith("insights") else {}
        return f"{'/'.join(self.path)}?{urlencode({**self.params, **metrics})}"

    def split(self) -> "tuple[Ask, ...]":
        """The same question for each metric alone."""
        return tuple(replace(self, request=replace(self.request, metrics=(one,))) for one in self.request.metrics)


def insights_ask(
    object_id: str, metrics: Sequence[str], *, edge: str = "insights", lands_as: str = "", **params: str
) -> Ask:
    """Insights of one object; they land under `lands_as` if the Graph knows the object by another id than we do."""
    shown = params | ({"asked_id": object_id} if lands_as else {})
    return Ask((object_id, edge), Request(edge, lands_as or object_id, (), tuple(metrics), shown), params)


def following_ask(answer: Received) -> Ask | None:
    """The question for the next page of a list that was read in a batch; None when this was the last."""
    position = next_position(strict_json(answer.body))
    request = answer.request
    if position is None or position.items() <= request.params.items():
        return None
    params = {**request.params, **position}
    shown = replace(request, params=params)
    return Ask((request.object_id, request.edge), shown, {"fields": ",".join(request.fields), **params})


def read_asks(api: GraphApi, asks: Sequence[Ask]) -> Iterator[Received]:
    """What Meta answers to each question, refusals too; a question about several metrics is split when refused.

    Raises: GraphUnavailable when a part never finishes, and all that `GraphApi.call` raises of a whole account.
    """
    waiting = [(ask, 1) for ask in asks]
    while waiting:
        now, waiting = waiting[:MOST_PARTS], waiting[MOST_PARTS:]
        parts = _parts(api, [ask for ask, _ in now])
        for (ask, tries), part in zip(now, parts, strict=True):
            outcome = _outcome(ask, part, api.version)
            if isinstance(outcome, Answer):
                api.note_usage(outcome.headers)
                yield _received(ask.request, outcome.body, 200, outcome.graph_version)
            elif outcome is None or isinstance(outcome, GraphUnavailable | AnswerRejected):
                if tries == MOST_TRIES:
                    raise outcome or GraphUnavailable(f"{ask.address.partition('?')[0]} did not finish. Try again.")
                waiting.append((ask, tries + 1))
            elif isinstance(outcome, str) and len(ask.request.metrics) > 1 and outcome != "post_deleted":
                waiting += [(alone, tries) for alone in ask.split()]
            elif isinstance(outcome, str):
                refused = replace(ask.request, metrics=(), refused=dict.fromkeys(ask.request.metrics, outcome))
                yield _received(refused, part["body"].encode(), int(part["code"]), None)
            else:
                raise outcome


def _parts(api: GraphApi, asks: Sequence[Ask]) -> list[Any]:
    form = {"batch": json.dumps([{"method": "GET", "relative_url": ask.address} for ask in asks])}
    parts = api.call_batch(form)
    if len(parts) != len(asks):
        raise GraphUnavailable(f"Of {len(asks)} parts of a batch Meta answered {len(parts)}. It is tried again.")
    return parts


def _outcome(ask: Ask, part: Any, asked_version: str) -> Answer | CampaignReachError | str | None:
    """The part's answer, the reason of a refusal that concerns its object only, the error, or None: not finished."""
    if not isinstance(part, dict) or not isinstance(part.get("body"), str):
        return None
    body, status = part["body"].encode("utf-8", errors="surrogatepass"), part.get("code")
    given = part.get("headers") or []
    headers = {str(one["name"]).lower(): str(one["value"]) for one in given if isinstance(one, dict) and "name" in one}
    try:
        answer = checked(status=int(status or 0), headers=headers, body=body, asked_version=asked_version)
    except CampaignReachError as error:
        return reason_of(body) or error
    if len(ask.path) == 1 and answer.json.get("id") != ask.path[0]:
        return AnswerRejected(f"Meta answered about another object than {ask.path[0]}.", body=body)
    return answer


def reason_of(body: bytes) -> str | None:
    """The reason of a refusal that concerns one object only; None when it concerns more."""
    try:
        error = strict_json(body).get("error")
    except ValueError:
        return None
    if not isinstance(error, dict):
        return None
    code, subcode, text = error.get("code"), error.get("error_subcode"), str(error.get("message", ""))
    matches = (reason for c, s, words, reason in OBJECT_REFUSALS if (c, s) == (code, subcode) and words in text)
    return next(matches, None)


def _received(request: Request, body: bytes, status: int, version: str | None) -> Received:
    return Received(request, without_credentials(body), http_status=status, graph_version=version)
