"""The gate before a publication: rules over the candidate file itself, opened read-only.

What the inside of the build promises (relations, accepted values of a rule's result) is tested by dbt; what a
reader of the published file relies on is judged here once more, on the bytes that would be published.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from expectations.candidate_queries import QUERIES
from expectations.gate import Rule, Suite, audit, judge
from ingest.domain.gates import Verdict
from ingest.domain.marts import MARTS, STATUSES

NONE = {"min_value": 0, "max_value": 0}
REBUILD = (
    "Look at the model named in `found` (dbt_project/models/marts), mend it, then `campaign-reach build` and `publish`."
)

FIGURE_STATUSES = ("matches", "differs", "not_computable")
NOT_PORTABLE = ("HUGEINT", "UHUGEINT", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS", "INTERVAL")


def _no_rows_with(column: str, name: str, frame: str, description: str, what_to_do: str = REBUILD) -> Rule:
    """A rule on a column that counts what must not be."""
    return Rule(name, frame, description, what_to_do, "ExpectColumnValuesToBeBetween", {"column": column} | NONE)


CANDIDATE = Suite(
    "candidate_publication",
    QUERIES,
    (
        Rule(
            "every_mart_is_there",
            "tables",
            "Every table that readers were promised is in the file.",
            "Build all models (`campaign-reach build`); one with a new name needs it in ingest/domain/marts.py.",
            "ExpectColumnDistinctValuesToContainSet",
            {"column": "mart", "value_set": [mart.name for mart in MARTS]},
        ),
        Rule(
            "types_are_portable",
            "columns",
            "No column has a type that Parquet or an older reader cannot hold exactly.",
            "Cast the column in its model: sums to bigint, times to timestamp (UTC).",
            "ExpectColumnValuesToNotBeInSet",
            {"column": "data_type", "value_set": list(NOT_PORTABLE)},
        ),
        Rule(
            "marts_have_rows",
            "keys",
            "No mart has fewer rows than a publication needs.",
            "See whether anything was loaded (`campaign-reach status`), and whether posts fit the campaigns' rules.",
            "ExpectColumnPairValuesAToBeGreaterThanB",
            {"column_A": "rows", "column_B": "fewest_rows", "or_equal": True},
        ),
        _no_rows_with(
            "duplicate_keys",
            "keys_are_unique",
            "keys",
            "No key of a mart stands in two rows: each comes after the one before it.",
        ),
        _no_rows_with("null_keys", "keys_are_not_null", "keys", "No part of a key is null."),
        _no_rows_with("negatives", "measures_are_not_negative", "measures", "No count and no sum is below zero."),
        Rule(
            "core_metrics_are_reported",
            "core_metrics",
            "Views and reach are known for at least one post, and each mart of numbers holds one: none is all null.",
            "Look at the statuses in marts.fct_post_metrics, and check the token's scopes (`campaign-reach check`).",
            "ExpectColumnPairValuesAToBeGreaterThanB",
            {"column_A": "reported", "column_B": "needed", "or_equal": True},
        ),
        _no_rows_with(
            "differs",
            "campaign_sums_add_up",
            "campaign_sums",
            "A campaign's sums in each of the five aggregates are those of its posts, added up anew.",
        ),
        Rule(
            "metric_statuses_are_known",
            "metric_statuses",
            "Every post metric has one of the seven statuses: a null always says why.",
            REBUILD,
            "ExpectColumnValuesToBeInSet",
            {"column": "status", "value_set": list(STATUSES)},
        ),
        _no_rows_with(
            "reported_without_value", "reported_values_are_there", "metric_statuses", "What was reported has a value."
        ),
        _no_rows_with(
            "value_without_report", "values_were_reported", "metric_statuses", "What has a value was reported."
        ),
        _no_rows_with(
            "unexplained",
            "reach_says_why_it_is_null",
            "performance",
            "A post's reach is null exactly when reach_status says why.",
        ),
        _no_rows_with(
            "missing",
            "every_published_figure_is_there",
            "figures",
            "Every figure that the registry holds stands in agg_published_figures, and no other.",
            "Load (the registry lands with every refresh), build, publish again.",
        ),
        _no_rows_with(
            "bad_status",
            "figure_statuses_are_known",
            "figures",
            f"Every published figure {', '.join(FIGURE_STATUSES)}.",
        ),
        _no_rows_with(
            "unexplained", "figures_say_why", "figures", "A figure has a computed value, or a reason why it has none."
        ),
        Rule(
            "publication_is_one_row",
            "publication",
            "The table publication says in one row what this version is.",
            "Publish again; if it stays, it is a bug in ingest/adapters/publication.",
            "ExpectTableRowCountToBeBetween",
            {"min_value": 1, "max_value": 1},
        ),
        Rule(
            "version_is_well_formed",
            "publication",
            "The version is named by its time and its content.",
            "Publish again; if it stays, it is a bug in ingest/adapters/publication.",
            "ExpectColumnValuesToMatchRegex",
            {"column": "version", "regex": r"^\d{8}T\d{6}Z-[0-9a-f]{8}$"},
        ),
        Rule(
            "reach_is_not_above_views",
            "reach_and_views",
            "More people than views: real exports have it (paid reach beside organic views), so it only warns.",
            "Look at the posts: `select * from marts.fct_post_performance where reach > views`.",
            "ExpectColumnValuesToBeBetween",
            {"column": "reach_above_views_pct"} | NONE,
            severity="warning",
        ),
    ),
)


def judge_candidate(candidate: Path, *, registry_figures: Iterable[Sequence[str]]) -> Verdict:
    """The verdict on a candidate file; `registry_figures` are the (campaign_id, figure_id) that must be in it.

    A file that cannot be opened stops like any rule that could not be evaluated.
    """
    import duckdb

    try:
        with duckdb.connect(str(candidate), read_only=True) as connection:
            connection.execute("create temp table registry_figures (campaign_id text, figure_id text)")
            for figure in registry_figures:
                connection.execute("insert into registry_figures values (?, ?)", list(figure))
            return judge(CANDIDATE, audit(connection, CANDIDATE.queries))
    except duckdb.Error:
        return judge(CANDIDATE, {})
