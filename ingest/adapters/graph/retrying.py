"""Trying again: a few times, with full jitter, only what may pass by itself."""

from collections.abc import Callable

import tenacity

from ingest.domain.errors import AnswerRejected, AnswerTooLarge, GraphUnavailable

TRIES = 5
LONGEST_WAIT_SECONDS = 20.0


def retrying(*, sleep: Callable[[float], None]) -> tenacity.Retrying:
    """Calls a function again when Meta was unavailable or what came was no answer; then raises the last error."""
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(_may_pass),
        stop=tenacity.stop_after_attempt(TRIES),
        wait=tenacity.wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_SECONDS),
        sleep=sleep,
        reraise=True,
    )


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, GraphUnavailable | AnswerRejected) and not isinstance(error, AnswerTooLarge)


def no_wait(_: float) -> None:
    """Do not wait: for tests."""
