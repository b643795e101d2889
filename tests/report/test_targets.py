"""A target that is nearly met is not shown as met."""

import pytest

from ingest.report.targets import attained_shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(99.96, 99.9), (87.366, 87.3), (100.0, 100.0), (103.7129, 103.7), (0.3, 0.3), (0.0, 0.0), (64.1, 64.1)],
)
def test_what_was_reached_of_a_target_is_never_rounded_up(share: float, shown: float) -> None:
    assert attained_shown(share) == shown
