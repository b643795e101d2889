"""The public marts that Python has to know: name, key, and the fewest rows a publication may hold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mart:
    """One table of the schema `marts`: rows are published in the order of the key, which is unique and never null."""

    name: str
    key: tuple[str, ...]
    fewest_rows: int = 1


CONTENT = ("campaign_id", "phase_id", "content_type", "platform", "ownership")

MARTS: tuple[Mart, ...] = (
    Mart("dim_campaigns", ("campaign_id",)),
    Mart("dim_phases", ("campaign_id", "phase_id")),
    Mart("dim_accounts", ("account_id",)),
    Mart("dim_translations", ("campaign_id", "language", "text"), fewest_rows=0),
    Mart("dim_metrics", ("metric", "definition", "platform", "object_kind", "graph_name")),
    Mart("dim_posts", ("post_id",)),
    Mart("fct_campaign_posts", ("campaign_id", "post_id")),
    Mart("fct_post_metrics", ("post_id", "metric")),
    Mart("fct_post_performance", ("post_id",)),
    Mart("fct_post_days", ("post_id", "day_on"), fewest_rows=0),
    Mart("fct_account_days", ("account_id", "day_on"), fewest_rows=0),
    Mart("fct_ads", ("ad_id", "starts_on", "ends_on"), fewest_rows=0),
    Mart("agg_phase_content_type_reach", CONTENT),
    Mart("agg_phase_platform_reach", ("campaign_id", "phase_id", "platform"), fewest_rows=0),
    Mart("agg_phase_reach", ("campaign_id", "phase_id"), fewest_rows=0),
    Mart("agg_campaign_platform_reach", ("campaign_id", "platform"), fewest_rows=0),
    Mart("agg_campaign_reach", ("campaign_id",), fewest_rows=0),
    Mart("fct_activities", ("campaign_id", "activity_id"), fewest_rows=0),
    Mart("fct_activity_people", ("campaign_id", "activity_id", "sex", "age_group"), fewest_rows=0),
    Mart("fct_survey_results", ("campaign_id", "indicator", "wave", "respondents"), fewest_rows=0),
    Mart("agg_survey_change", ("campaign_id", "indicator", "respondents"), fewest_rows=0),
    Mart("agg_published_figures", ("campaign_id", "figure_id"), fewest_rows=0),
    Mart("rpt_attribution_conflicts", ("campaign_id", "post_id"), fewest_rows=0),
    Mart("rpt_unattributed_posts", ("campaign_id", "post_id"), fewest_rows=0),
    Mart("rpt_quarantine", ("landing_file", "line_no", "source", "reason", "state"), fewest_rows=0),
    Mart("rpt_imports", ("landing_file", "line_no"), fewest_rows=0),
    Mart("rpt_source_differences", ("post_id", "metric"), fewest_rows=0),
    Mart("rpt_freshness", ("account_id",), fewest_rows=0),
    Mart("publication", ("version",)),
    Mart("rpt_gate_results", ("gate", "rule"), fewest_rows=0),
)

NOT_CONTENT = frozenset({"publication", "rpt_gate_results", "rpt_freshness"})
"""Tables about the publication itself: two publications of the same content differ in them."""

STATUSES = (
    "reported",
    "withheld",
    "not_applicable",
    "not_yet_available",
    "metric_removed",
    "post_deleted",
    "not_requested",
)
"""What can be said of a post's metric: that it was reported, or why not."""


def key_of(table: str) -> tuple[str, ...]:
    """The key of a mart; nothing for a table that is not known here."""
    return next((mart.key for mart in MARTS if mart.name == table), ())
