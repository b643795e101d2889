"""For every rule of every gate what breaks it, and nothing but it: SQL on what is judged, or another landed line."""

from dataclasses import dataclass, field
from typing import Any

from expectations.candidate_queries import AGGREGATES
from expectations.cross_checks import RawPosts

SMALL = "(select load_id from raw.load_log where file like '%/901/%')"
"""The load of the small partner: its account and one post."""
DELIVERY = (
    "insert into raw.receipts values ('a', 't1', 1)",
    "insert into raw.deliveries values ('a', 'done', 't1', 0, 1)",
)
EXPORT = {"edge": "export", "object_id": "901", "fields": [], "metrics": [], "params": {}}
ODD = EXPORT | {"edge": "page", "object_id": "../etc"}
NEVER = "99991231T235959Z"


@dataclass(frozen=True)
class Break:
    """SQL to be run; a change of the first line that the small partner landed (None empties the file); what more fails.

    `also` names rules that fail with it because they must: they look at the same thing, or cannot look any more.
    """

    sql: tuple[str, ...] = ()
    line: dict[str, Any] | None = field(default_factory=dict)
    more: dict[str, Any] | None = None
    raw: RawPosts = field(default_factory=lambda: RawPosts(7, 0))
    also: frozenset[str] = frozenset()


def sql(*statements: str, also: frozenset[str] = frozenset()) -> Break:
    return Break(statements, also=also)


CANDIDATE = {
    "every_mart_is_there": sql(
        "drop table marts.rpt_gate_results",
        also=frozenset({"marts_have_rows", "keys_are_unique", "keys_are_not_null"}),
    ),
    "types_are_portable": sql("alter table marts.agg_phase_content_type_reach alter views type hugeint"),
    "marts_have_rows": sql("delete from marts.dim_accounts"),
    "keys_are_unique": sql("insert into marts.dim_posts from marts.dim_posts where post_id = '900_1'"),
    "keys_are_not_null": sql(
        "alter table marts.fct_activities alter activity_id drop not null",
        "insert into marts.fct_activities (campaign_id, activity_name, kind, times, source) "
        "values ('lights', 'x', 'x', 1, 'registry')",
    ),
    "measures_are_not_negative": sql("update marts.fct_post_performance set clicks = -1 where post_id = '900_7'"),
    "core_metrics_are_reported": sql(
        "update marts.fct_post_performance set reach = null, reach_status = 'withheld'",
        *(f"update marts.{one} set duplicated_reach = null, posts_without_reach = posts" for one in AGGREGATES),
    ),
    "campaign_sums_add_up": sql(
        "update marts.agg_phase_content_type_reach set views = views + 1 where platform = 'instagram'"
    ),
    "metric_statuses_are_known": sql(
        "update marts.fct_post_metrics set status = 'lost' where value is null and metric = 'saves'"
    ),
    "reported_values_are_there": sql(
        "update marts.fct_post_metrics set status = 'reported' where value is null and metric = 'saves'"
    ),
    "values_were_reported": sql(
        "update marts.fct_post_metrics set status = 'withheld' where value is not null and metric = 'views'"
    ),
    "reach_says_why_it_is_null": sql(
        "update marts.fct_post_performance set reach_status = 'reported' where post_id = '901_3'"
    ),
    "every_published_figure_is_there": sql("delete from marts.agg_published_figures"),
    "figure_statuses_are_known": sql("update marts.agg_published_figures set status = 'roughly'"),
    "figures_say_why": sql("update marts.agg_published_figures set computed_value = null"),
    "publication_is_one_row": sql(
        "insert into marts.publication select * replace ('20261122T060001Z-0123abcd' as version) from marts.publication"
    ),
    "version_is_well_formed": sql("update marts.publication set version = 'latest'"),
    "reach_is_not_above_views": sql("update marts.fct_post_performance set views = 8 where post_id = '900_7'"),
}
CROSS_CHECKS = {
    "loaded_posts_are_published": Break(raw=RawPosts(8, 1, "900_77")),
    "rows_are_conserved": sql("update marts.fct_post_performance set views = views + 1 where post_id = '900_7'"),
    "numbers_do_not_collapse": sql(
        "update marts.agg_phase_content_type_reach set posts = posts - 1 "
        "where platform = 'instagram' and phase_id = 'spring'",
        "update marts.agg_phase_content_type_reach set posts = posts + 1 "
        "where platform = 'facebook' and phase_id = 'spring' and content_type = 'success_story'",
    ),
    "numbers_do_not_jump": sql("update marts.agg_phase_content_type_reach set views = 4 * views"),
    "counters_do_not_fall": sql("update marts.fct_post_days set has_fallen = true where post_id = '900_1'"),
    "accounts_are_fresh": sql(
        "update marts.rpt_freshness set newest_fetched_at = '2024-01-01' where account_id = '901'"
    ),
    "reach_is_mostly_known": sql("update marts.agg_phase_content_type_reach set posts_without_reach = posts"),
}
EVENT_LEDGER = {
    "acknowledged_deliveries_are_kept": sql(DELIVERY[0]),
    "waiting_deliveries_are_on_sqs": sql(
        DELIVERY[0],
        "insert into raw.deliveries values ('a', 'waiting', '2024', 0, 1)",
        "insert into raw.queue_counts values ('2025', 0)",
    ),
    "drained_deliveries_are_in_the_log": sql("insert into raw.drained values ('a', 0, 0, 0, 0, 1)"),
    "done_deliveries_became_events": sql(*DELIVERY),
    "changes_add_up": sql(
        *DELIVERY,
        "insert into raw.drained values ('a', 2, 1, 0, 0, 1)",
        "insert into raw.events values ('1', 'a', 1)",
    ),
    "events_are_kept": sql(*DELIVERY, "insert into raw.drained values ('a', 1, 1, 0, 0, 1)"),
    "answers_landed": sql(f"insert into raw.answers values ('{NEVER}-0', 7, 'landed', '{NEVER}', 1)"),
    "landed_answers_were_read": sql(
        "insert into raw.answers select split_part(parse_filename(file), '.', 1), rows, 'landed', '20000101T000000Z', "
        "1 from raw.load_log where file like 'api/%' limit 1"
    ),
    "refused_answers_are_kept": sql(f"insert into raw.answers values ('eeee', 1, 'quarantined', '{NEVER}', 1)"),
    "objects_are_in_raw": sql("delete from raw.posts where post_id = '900_1'"),
    "loads_are_counted": sql("insert into raw.load_log values ('registry/lost', 'x', 99, 1, now())"),
}
LANDED_BATCH = {
    "files_have_lines": Break(
        (f"delete from raw.posts where load_id = {SMALL}", f"delete from raw.accounts where load_id = {SMALL}"),
        line=None,
    ),
    "nothing_is_lost": sql("delete from raw.posts where post_id = '900_1'"),
    "nothing_is_invented": sql(
        "insert into raw.posts select * replace ('900_77' as post_id) from raw.posts where post_id = '900_1'"
    ),
    "fetched_at_is_known": Break(line={"fetched_at": None}),
    "fetched_at_is_not_in_the_future": Break(line={"fetched_at": "2024-10-15T07:00:00Z"}),
    "source_is_known": Break(line={"source": "rumour"}),
    "answers_were_given": Break(line={"http_status": 500}),
    "no_secret_landed": Break(line={"body": {"id": "901", "next": "https://x/?access_token=EAAB"}}),
    "ids_are_shaped": Break(
        ("update raw.accounts set account_id = '../etc' where account_id = '901'",),
        line={"request": ODD},
    ),
    "rows_of_imports_add_up": Break(more={"source": "export", "request": EXPORT, "body": {"rows": 1}}),
    "no_imported_row_is_quarantined": Break(
        (f"insert into raw.quarantine select {SMALL}, 'export', 'f', 3, null, 'odd', now(), 'waiting'",),
        more={"source": "export", "request": EXPORT, "body": {"rows": 1}},
    ),
    "quarantine_is_small": sql(
        "insert into raw.quarantine select load_id, 'api', file, unnest(range(1, 9))::integer, null, 'odd', now(), "
        "'waiting' from raw.load_log",
        also=frozenset({"nothing_is_quarantined"}),
    ),
    "nothing_is_quarantined": sql(
        "insert into raw.quarantine select load_id, 'api', landing_file, line_no, post_id, 'odd', now(), 'waiting' "
        "from raw.posts where post_id = '900_1'"
    ),
}
