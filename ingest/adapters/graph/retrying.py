"""Trying again: a few times, with full jitter, only what may pass by itself."""

from collections.abc import Callable
from typing import Any

import tenacity

from ingest.adapters.graph.answers import AnswerRejected
from ingest.domain.errors import GraphUnavailable

TRIES = 5
LONGEST_WAIT_SECONDS = 20.0


def retrying(*, sleep: Callable[[float], None]) -> tenacity.Retrying:
    """Calls a function again when Meta was unavailable or what came was no answer; then raises the last error."""
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((GraphUnavailable, AnswerRejected)),
        stop=tenacity.stop_after_attempt(TRIES),
        wait=tenacity.wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_SECONDS),
        sleep=sleep,
        reraise=True,
    )


def no_wait(_: float) -> None:
    """Do not wait: for tests."""


Retry = Callable[..., Any]
