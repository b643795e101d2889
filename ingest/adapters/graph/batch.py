"""Batches: up to fifty questions in one request. Each counts as a call of its own: a batch saves time, not quota.

A part that Meta refuses costs its own values only: the refusal lands with its reason. A part that did not finish is
asked again. Source: POST /, section 2.4 of the project's notes on the Graph API.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from ingest.adapters.graph.answers import Answer, checked, require_about, strict_json
from ingest.adapters.graph.questions import Ask
from ingest.adapters.graph.refusals import GONE, ODD, Refusal, refusal_of
from ingest.adapters.graph.session import GraphApi
from ingest.adapters.landing.envelope import Received, without_credentials
from ingest.domain.errors import (
    AnswerRejected,
    AnswerTooLarge,
    CampaignReachError,
    GraphUnavailable,
    RequestRefused,
    TokenRefused,
    TooMuchData,
)

log = structlog.get_logger()
MOST_PARTS = 50
MOST_TRIES = 4
Outcome = Answer | CampaignReachError | Refusal | None
"""What became of a part: an answer, a refusal of this question only, an error of more; None: it did not finish."""


@dataclass(slots=True)
class Noticed:
    """What went wrong with single questions on the way: refusals, and what was no answer."""

    refused: list[tuple[Ask, Refusal]] = field(default_factory=list)
    rejected: list[AnswerRejected] = field(default_factory=list)


def read_asks(api: GraphApi, asks: Sequence[Ask], noticed: Noticed | None = None) -> Iterator[Received]:
    """What Meta answers to each question, refusals too; a question about several metrics is split when refused.

    What is no answer is asked again, and then noted under `noticed`: it costs its own question only.
    Raises: GraphUnavailable when a part never finishes, and all that `GraphApi.call` raises of a whole account.
    """
    return _Reading(api, [(ask, 1) for ask in asks], noticed or Noticed()).answers()


@dataclass(slots=True)
class _Reading:
    """Questions on their way: those that wait with their tries, and what was learned from refusals."""

    api: GraphApi
    waiting: list[tuple[Ask, int]]
    noticed: Noticed
    most: int = MOST_PARTS
    """Parts of a batch: fewer, when Meta finds them too much together."""
    held: list[Ask] = field(default_factory=list)
    """Questions like one that was refused for a metric: they wait until it is known for which."""
    scouted: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    dead: dict[str, dict[str, str]] = field(default_factory=dict)
    """By place the metrics that Meta refused alone, with the reason."""

    def answers(self) -> Iterator[Received]:
        """Each answer and each refusal of one question."""
        while self.waiting or self.held:
            if not self.waiting:
                self._let_go()
            now = self.waiting[: self.most]
            try:
                parts = self.api.call_batch([ask.address for ask, _ in now])
            except (TooMuchData, AnswerTooLarge) as error:
                if self.most == 1 and isinstance(error, TooMuchData):
                    raise RequestRefused(f"{error} One question alone is too much.") from None
                if self.most == 1:
                    raise
                self.most = max(1, self.most // 2)
                continue
            self.waiting = self.waiting[len(now) :]
            for (ask, tries), part in zip(now, parts, strict=True):
                yield from self._taken(ask, tries, part)

    def _taken(self, ask: Ask, tries: int, part: Any) -> Iterator[Received]:
        outcome = _outcome(ask, part, self.api.version)
        if isinstance(outcome, Answer):
            self.api.note_usage(outcome.headers)
            yield Received(ask.request, without_credentials(outcome.body), 200, outcome.graph_version)
        elif outcome is None or isinstance(outcome, GraphUnavailable | AnswerRejected):
            if tries == MOST_TRIES and isinstance(outcome, AnswerRejected):
                self.noticed.rejected.append(outcome)
                return
            if tries == MOST_TRIES:
                raise outcome or GraphUnavailable(f"{ask.address.partition('?')[0]} did not finish. Try again.")
            self.waiting.append((ask, tries + 1))
        elif isinstance(outcome, Refusal):
            yield from self._refused(ask, tries, outcome, part)
        else:
            raise outcome

    def _refused(self, ask: Ask, tries: int, refusal: Refusal, part: Any) -> Iterator[Received]:
        smaller = _smaller(ask, refusal)
        kind = ask.place, ask.request.metrics
        if not smaller:
            self.noticed.refused.append((ask, refusal))
            if refusal.concerns == "metric" and len(kind[1]) == 1:
                self.dead.setdefault(ask.place, {})[kind[1][0]] = refusal.reason
            reasons = dict.fromkeys(ask.request.metrics or (ask.request.edge,), _reason(ask, refusal))
            request = replace(ask.request, metrics=(), refused={**ask.request.refused, **reasons})
            yield Received(request, without_credentials(part["body"].encode()), int(part["code"]), None)
        elif refusal.concerns == "metric" and kind in self.scouted:
            self.held.append(ask)
        else:
            self.scouted.add(kind)
            self.waiting += [(one, tries) for one in smaller]

    def _let_go(self) -> None:
        """Ask what was held, without the metrics that were refused meanwhile."""
        held, self.held = self.held, []
        self.scouted.clear()
        for ask in held:
            without = ask.without(self.dead.get(ask.place, {}))
            again = [without] if without.request.metrics != ask.request.metrics else ask.split()
            self.waiting += [(one, 1) for one in again]


def _reason(ask: Ask, refusal: Refusal) -> str:
    """Why the values are missing: a video that is not there says nothing of its post."""
    return "not_applicable" if refusal is GONE and ask.place == "video" else refusal.reason


def _smaller(ask: Ask, refusal: Refusal) -> Sequence[Ask]:
    """The questions that a refused one is taken apart into; none when it cannot be, or that would not help."""
    if refusal.concerns in ("metric", "metric of this kind", "size") and ask.can_split:
        return ask.split()
    return ask.halves() if refusal.concerns in ("window", "size") else ()


def _outcome(ask: Ask, part: Any, asked_version: str) -> Outcome:
    if not isinstance(part, dict) or not isinstance(part.get("body"), str):
        return None
    body, status = part["body"].encode("utf-8", errors="surrogatepass"), part.get("code")
    given = part.get("headers") or []
    headers = {str(one["name"]).lower(): str(one["value"]) for one in given if isinstance(one, dict) and "name" in one}
    try:
        answer = checked(status=int(status or 0), headers=headers, body=body, asked_version=asked_version)
        require_about(answer, ask.path[0], edge="/".join(ask.path[1:]))
    except TooMuchData:
        return Refusal("size", "not_yet_available")
    except (RequestRefused, TokenRefused) as error:
        return _of_one(ask, error, body)
    except CampaignReachError as error:
        return error
    return answer


def _of_one(ask: Ask, error: RequestRefused | TokenRefused, body: bytes) -> Outcome:
    """What a refusal concerns: what nobody has seen yet costs this question only, and is said aloud."""
    refusal = refusal_of(strict_json(body).get("error"))
    if refusal is None and isinstance(error, RequestRefused) and error.code is not None:
        refusal = ODD
    if refusal is not None and refusal.concerns in ("edge", "odd"):
        log.warning("question_refused", asked=ask.address.partition("?")[0], reason=str(error))
    return refusal or error
