"""Sifting: one metric that Meta refuses fails the whole call; find it, ask for the rest, and say why it is missing."""

from collections.abc import Callable

from ingest.adapters.graph.refusals import refusal_in
from ingest.domain.errors import RequestRefused, TokenRefused

Probe = Callable[[tuple[str, ...]], None]
"""Asks Meta for metrics, and raises RequestRefused if it refuses them."""


def sift(metrics: tuple[str, ...], probe: Probe, *, control: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The metrics that Meta serves, and the reason for each that it refuses; about log2(n) probes per refused one.

    Meta words a dead metric and a token that may not read insights alike. `control` is a metric that always lives: if
    it is refused too, the token is at fault and no metric is.
    Raises: TokenRefused, and whatever the probe raises for another reason than a metric.
    """
    refused = _refused(metrics, probe)
    if refused.get(control) == "metric_removed":
        probe(())  # if nothing at all is served, neither metrics nor the token's permission are the reason
        raise TokenRefused(
            f"Meta refuses {control}, which always lives: the token may not read insights, or it is a user token where "
            "a Page token is needed. What to do: give it read_insights; `campaign-reach check` names what is missing."
        )
    return tuple(metric for metric in metrics if metric not in refused), refused


def _refused(metrics: tuple[str, ...], probe: Probe) -> dict[str, str]:
    if not metrics:
        return {}
    try:
        probe(metrics)
    except RequestRefused as error:
        refusal = refusal_in(error)
        if refusal is None or refusal.concerns != "metric":
            raise
        if len(metrics) == 1:
            return {metrics[0]: refusal.reason}
        half = len(metrics) // 2
        return _refused(metrics[:half], probe) | _refused(metrics[half:], probe)
    return {}
