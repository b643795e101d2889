"""Explain: any column of any published aggregate as the tree of what it was made from, made again from landing.

It starts at the served publication and asks the warehouse only where each number landed. The numbers themselves are
taken out of the landed bodies by code that shares nothing with the SQL of the marts.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.domain.cells import TARGETS, Cell
from ingest.domain.explanation import Explanation
from ingest.settings import Settings
from ingest.steps import explain_figures, explain_surveys
from ingest.steps.explain_posts import explain_posts
from ingest.steps.explain_targets import explain_target


@contextmanager
def _uncollected() -> Iterator[None]:
    """No circles are made here: a collector that looks for some goes through all that was read, over and over."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_uncollected()
def explain(settings: Settings, cell: Cell) -> Explanation:
    """The explanation of a cell of an aggregate of posts.

    Raises: SettingsInvalid for what there is not, WarehouseBusy, WarehouseBroken, StorageFailed.
    """
    if cell.metric in TARGETS:
        return explain_target(settings, cell)
    return explain_posts(settings, cell)


@_uncollected()
def explain_figure(settings: Settings, campaign_id: str, figure_id: str, column: str = "computed_value") -> Explanation:
    """The explanation of a column of a figure that the organisation has published.

    Raises: what `explain` raises.
    """
    return explain_figures.explain_figure(settings, campaign_id, figure_id, column)


def explain_survey(
    settings: Settings, campaign_id: str, indicator: str, respondents: str | None = None, column: str = "change_points"
) -> Explanation:
    """The explanation of a column of the change that a survey found.

    Raises: what `explain` raises.
    """
    return explain_surveys.explain_survey(settings, campaign_id, indicator, respondents, column)
