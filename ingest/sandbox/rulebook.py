"""The rulebook: each rule by which the sandbox refuses or shapes an answer, as Meta does.

`section` is that of the project's notes on the Graph API, `confidence` how sure they are, `test` the test with plain
HTTP that meets the rule. Where the sandbox knows less than Meta does stands in DEVIATIONS.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of Meta, where it is written, how sure that is, and the test that meets it."""

    rule: str
    section: str
    confidence: str
    test: str


RULES = (
    Rule("a call needs a token", "3.2", "high", "test_a_call_without_a_token_is_refused"),
    Rule("a token that was never given is refused, 190", "3.2", "high", "test_a_token_that_was_never_given_is_refused"),
    Rule("an expired token is refused, 190/463", "3.2", "high", "test_an_expired_token_is_refused_with_its_subcode"),
    Rule("posts need a Page token, 210", "3.2", "high", "test_a_user_token_is_refused_where_a_page_token_is_needed"),
    Rule("the app's token asks about tokens only", "2.6", "medium", "test_the_token_of_the_app_asks_about_tokens_only"),
    Rule("a Page token reads its own Page only", "2.6", "high", "test_a_page_token_reads_no_other_page"),
    Rule("an edge needs its scope, 10", "2.1", "high", "test_without_its_scope_an_edge_is_refused"),
    Rule(
        "insights need theirs: else empty",
        "0",
        "medium",
        "test_without_read_insights_the_answer_is_an_empty_list_and_no_error",
    ),
    Rule("a wrong proof is refused", "2.6", "medium", "test_a_wrong_proof_is_refused"),
    Rule("an unknown object is refused, 100/33", "3.2", "high", "test_an_object_that_is_not_there_is_refused"),
    Rule("an unknown edge is refused", "3.2", "high", "test_an_unknown_edge_is_refused"),
    Rule("an unknown field is refused", "8", "high", "test_an_unknown_field_is_refused_with_the_type_of_the_node"),
    Rule(
        "one unknown field refuses a page",
        "1.8",
        "high",
        "test_a_field_of_a_post_that_does_not_exist_refuses_the_whole_listing",
    ),
    Rule("a gated field refuses a page, 10", "1.8", "high", "test_a_gated_field_refuses_the_whole_listing"),
    Rule("fields have a grammar, 2500", "8", "high", "test_fields_that_cannot_be_parsed_are_refused"),
    Rule("one dead metric refuses the call", "0", "high", "test_one_metric_that_is_not_served_refuses_the_whole_call"),
    Rule("a metric lives until its day", "1.6", "high", "test_a_removed_metric_was_served_the_day_before"),
    Rule(
        "Instagram names the metrics it has",
        "1.4",
        "high",
        "test_a_media_metric_that_does_not_exist_names_those_that_do",
    ),
    Rule(
        "a metric belongs to product types", "1.4", "high", "test_a_metric_that_the_media_product_type_lacks_is_refused"
    ),
    Rule(
        "some media lack a metric of their kind",
        "1.4",
        "medium",
        "test_a_media_may_lack_a_metric_that_others_of_its_kind_have",
    ),
    Rule(
        "media before the business account, 100/2108006",
        "3.2",
        "high",
        "test_media_older_than_the_business_account_have_no_insights",
    ),
    Rule("a story needs five viewers, 10", "3.2", "high", "test_a_story_that_hardly_anybody_saw_has_no_insights"),
    Rule("insights need a metric, 3001", "3.2", "high", "test_insights_without_a_metric_are_refused"),
    Rule("few followers: no viewers, 200", "0", "medium", "test_a_page_with_few_followers_has_no_viewers"),
    Rule("breakdowns are few", "1.2", "high", "test_views_are_taken_apart_by_ads_and_followers_and_by_nothing_else"),
    Rule("a video has metrics of its own", "1.3", "high", "test_a_metric_of_a_video_that_is_not_served_is_refused"),
    Rule("a photo has no video", "2.1", "high", "test_a_photo_has_no_video_insights"),
    Rule(
        "an account's metrics live until their day",
        "1.6",
        "high",
        "test_a_metric_of_an_account_that_is_not_served_refuses_the_whole_call",
    ),
    Rule("windows have periods and a length", "1.9", "high", "test_a_window_that_meta_does_not_serve_is_refused"),
    Rule("Instagram gives thirty days", "1.9", "high", "test_instagram_gives_thirty_days_at_most"),
    Rule("some numbers are totals only", "1.5", "high", "test_a_metric_that_has_only_a_total_is_refused_as_a_series"),
    Rule("a day is over in California", "1.9", "high", "test_a_day_that_is_not_over_is_not_there"),
    Rule("a page holds a hundred at most", "2.2", "medium", "test_a_page_that_is_too_large_or_none_is_refused"),
    Rule(
        "a page may be too much data", "2.2", "high", "test_a_page_that_is_too_much_is_refused_until_it_is_small_enough"
    ),
    Rule(
        "about 600 posts of a year are listed", "2.1", "high", "test_of_one_year_no_more_than_so_many_posts_are_listed"
    ),
    Rule("a page may be empty and go on", "2.2", "high", "test_a_page_may_be_empty_and_have_a_next_one"),
    Rule("a cursor must have been given, 2642", "2.2", "high", "test_a_cursor_that_was_never_given_is_refused"),
    Rule(
        "time pages have no cursors",
        "2.2",
        "medium",
        "test_posts_are_paged_by_time_without_cursors_until_a_page_is_empty",
    ),
    Rule("pages of insights never end", "2.2", "high", "test_pages_of_insights_go_on_for_ever"),
    Rule("`ids` and `date_format` are gone", "2.5", "high", "test_a_parameter_that_was_removed_is_refused"),
    Rule("`If-None-Match` and `pretty` do nothing", "2.5", "high", "test_what_meta_ignores_changes_nothing"),
    Rule(
        "an old version is served as the oldest", "0", "high", "test_a_version_that_is_over_is_served_as_the_oldest_one"
    ),
    Rule("a version must have been planned", "0", "high", "test_a_version_that_never_was_is_refused"),
    Rule("a batch has fifty parts at most", "2.4", "high", "test_a_batch_that_is_none_or_too_large_is_refused"),
    Rule("a batch needs a token", "2.4", "high", "test_a_batch_without_a_token_is_refused"),
    Rule("each part counts as a call", "2.4", "high", "test_each_part_of_a_batch_counts_as_a_call"),
    Rule("a part may come back as null", "2.4", "high", "test_a_part_of_a_batch_may_come_back_as_null"),
    Rule(
        "a used-up quota refuses, 80001 and 80002",
        "3.1",
        "high",
        "test_a_used_up_quota_is_refused_by_account_and_calls_meanwhile_lengthen_the_wait",
    ),
)
"""All rules; what none of them allows is refused."""
