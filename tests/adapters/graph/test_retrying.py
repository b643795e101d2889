"""Trying again: a few times, with full jitter, and only what may pass by itself."""

import pytest

from ingest.adapters.graph.retrying import LONGEST_WAIT_SECONDS, TRIES, retrying
from ingest.domain.errors import (
    AccountBlocked,
    AnswerRejected,
    AnswerTooLarge,
    CampaignReachError,
    GraphUnavailable,
    RateLimited,
    RequestRefused,
    TokenRefused,
    TooMuchData,
    UnsafeAnswer,
)


def tried(error: CampaignReachError) -> list[float]:
    """The waits between the tries of a call that always fails so."""
    waits: list[float] = []

    def call() -> None:
        raise error

    with pytest.raises(type(error)):
        retrying(sleep=waits.append)(call)
    return waits


@pytest.mark.parametrize("error", [GraphUnavailable("away"), AnswerRejected("no JSON", body=b"")])
def test_what_may_pass_by_itself_is_tried_again_and_each_wait_is_anything_up_to_twice_the_one_before(
    error: CampaignReachError,
) -> None:
    runs = [tried(error) for _ in range(200)]
    assert {len(waits) for waits in runs} == {TRIES - 1}
    for number, waits in enumerate(zip(*runs, strict=True)):
        most = min(0.5 * 2**number, LONGEST_WAIT_SECONDS)
        assert 0 <= min(waits) < most / 4
        assert 3 * most / 4 < max(waits) <= most


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("quota"),
        TokenRefused("over"),
        RequestRefused("no"),
        UnsafeAnswer("elsewhere"),
        TooMuchData("smaller"),
        AccountBlocked("368"),
        AnswerTooLarge("bytes", body=b""),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_does_not_pass_by_itself_is_not_asked_again(error: CampaignReachError) -> None:
    assert tried(error) == []
