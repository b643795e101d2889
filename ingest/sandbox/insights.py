"""Insights of posts and media: all or nothing, as Meta answers; without `read_insights` an empty list and no error."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from ingest.sandbox import errors
from ingest.sandbox.rules import BREAKDOWNS, MEDIA_METRICS, POST_METRICS, VIDEO_METRICS, MetricRule, served
from ingest.sandbox.staging import WorldPost

Value = Callable[[WorldPost, str], int]
VIDEO = ("video", "reel", "live")


def asked_metrics(given: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """The metric names of a parameter: separated by commas, or a JSON list.

    Raises: GraphError when there is none.
    """
    if isinstance(given, tuple):
        return given
    text = (given or "").strip()
    names = tuple(json.loads(text)) if text.startswith("[") else tuple(filter(None, map(str.strip, text.split(","))))
    if not names:
        raise errors.no_metric()
    return names


def insights_of(
    post: WorldPost,
    metrics: tuple[str, ...],
    *,
    value: Value,
    day: date,
    scopes: tuple[str, ...],
    is_small: bool = False,
    breakdown: str = "",
) -> dict[str, Any]:
    """The insights of one post or media; with a breakdown each number in two parts.

    Raises: GraphError for the whole call when one metric is not served for it.
    """
    instagram = post.platform == "instagram"
    rules = _media_rules(post, metrics, day) if instagram else _post_rules(metrics, day)
    if is_small and any(rule.fact == "reach" for rule in rules):
        raise errors.too_few_followers()
    scope = "instagram_manage_insights" if instagram else "read_insights"
    if scope not in scopes:
        return {"data": []}
    shown = [rule for rule in rules if post.media_format in VIDEO or not rule.video_only]
    return {"data": [_shown(post, rule, breakdown, value) for rule in shown]}


def _shown(post: WorldPost, rule: MetricRule, breakdown: str, value: Value) -> dict[str, Any]:
    """One insight of a post or media as it is asked for: a number, a number in two parts, or a total."""
    if rule.breakdown and breakdown in ("", rule.breakdown):
        parts = _parts(post, rule, value)
        return insight(post.post_id, rule, 0, total=total_value(parts, breakdown, whole=sum(parts.values())))
    if breakdown:
        return _in_parts(post, rule, breakdown, value)
    return insight(post.post_id, rule, _value(post, rule, value))


def total_value(parts: Mapping[str, int], breakdown: str, *, whole: int | None) -> dict[str, Any]:
    """A total as Meta lays it out, taken apart if that was asked for; a part of nothing is left out."""
    shown: dict[str, Any] = {} if whole is None else {"value": whole}
    if not breakdown:
        return shown
    results = [{"dimension_values": [name], "value": count} for name, count in parts.items() if count]
    return shown | {"breakdowns": [{"dimension_keys": [breakdown]} | ({"results": results} if results else {})]}


def _in_parts(post: WorldPost, rule: MetricRule, breakdown: str, value: Value) -> dict[str, Any]:
    """A number as two rows with a sibling key "0" or "1", as Meta lays it out."""
    fact = BREAKDOWNS.get(rule.name, {}).get(breakdown)
    if post.platform == "instagram" or fact is None:
        raise errors.bad_parameter(f"The breakdown {breakdown} is not supported for {rule.name}")
    whole, part = value(post, rule.fact), value(post, fact)
    rows = [{"value": whole - part, breakdown: "0"}, {"value": part, breakdown: "1"}]
    return insight(post.post_id, rule, whole) | {"values": rows}


def video_insights_of(
    post: WorldPost, metrics: tuple[str, ...], *, value: Value, day: date, scopes: tuple[str, ...]
) -> dict[str, Any]:
    """The insights of a reel's video.

    Raises: GraphError for the whole call when one metric is not served.
    """
    known = served(VIDEO_METRICS, day)
    if any(name not in known for name in metrics):
        raise errors.invalid_metric()
    if "read_insights" not in scopes:
        return {"data": []}
    return {"data": [insight(post.video_id, known[name], _value(post, known[name], value)) for name in metrics]}


def _post_rules(metrics: tuple[str, ...], day: date) -> list[MetricRule]:
    known = served(POST_METRICS, day)
    if any(name not in known for name in metrics):
        raise errors.invalid_metric()
    return [known[name] for name in metrics]


def _media_rules(post: WorldPost, metrics: tuple[str, ...], day: date) -> list[MetricRule]:
    known = served(MEDIA_METRICS, day)
    for position, name in enumerate(metrics):
        if name not in known:
            raise errors.invalid_media_metric(position, sorted(known))
    product = product_type(post)
    for name in metrics:
        if product not in known[name].products:
            raise errors.unsupported_media_metric(name)
    return [known[name] for name in metrics]


def product_type(post: WorldPost) -> str:
    """Instagram's media product type."""
    return {"reel": "REELS", "story": "STORY"}.get(post.media_format, "FEED")


def insight(
    object_id: str, rule: MetricRule, value: int | Mapping[str, int], *, total: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """One insight over an object's life, as Meta lays it out."""
    return {
        "name": rule.name,
        "period": "lifetime",
        **({"values": [{"value": value}]} if total is None else {"total_value": total}),
        "title": rule.name,
        "description": rule.name,
        "id": f"{object_id}/insights/{rule.name}/lifetime",
    }


def _value(post: WorldPost, rule: MetricRule, value: Value) -> int | Mapping[str, int]:
    if not rule.parts:
        return value(post, rule.fact)
    return {key: count for key, count in _parts(post, rule, value).items() if count}


def _parts(post: WorldPost, rule: MetricRule, value: Value) -> dict[str, int]:
    return {key: value(post, fact) for key, fact in rule.parts}
