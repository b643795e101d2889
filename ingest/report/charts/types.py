"""Content types and their colours: at most five, the largest first, the same in every chart of a campaign."""

from collections import defaultdict
from collections.abc import Iterable

from ingest.report.colours import MOST_SERIES, OTHER, SERIES, Series
from ingest.report.facts import Campaign, Content
from ingest.report.words import Words

REST = "other_types"


def series_of(campaign: Campaign) -> dict[str, Series]:
    """A colour for each content type, by views; what comes after the fourth of more than five shares the last one."""
    weight: dict[str, int] = defaultdict(int)
    for content in campaign.contents:
        weight[content.content_type] += content.views or 0
    ranked = sorted(weight, key=lambda name: (-weight[name], name))
    if len(ranked) <= MOST_SERIES:
        return dict(zip(ranked, SERIES, strict=False))
    return dict(zip(ranked[: MOST_SERIES - 1], SERIES, strict=False)) | {REST: OTHER}


def gathered(contents: Iterable[Content], series: dict[str, Series], measure: str) -> list[tuple[str, int]]:
    """The measure of each coloured type that has any, in the order of the colours."""
    sums = dict.fromkeys(series, 0)
    for content in contents:
        name = content.content_type if content.content_type in series else REST
        sums[name] += getattr(content, measure) or 0
    return [(name, value) for name, value in sums.items() if value]


def named(series: dict[str, Series], words: Words) -> list[tuple[str, Series]]:
    """The entries of a legend."""
    return [(words.name("content_types", name), one) for name, one in series.items()]
