-- A warehouse after load and build, small enough to read: two campaigns, five posts, the columns of the contract.
create schema raw;
create table raw.load_log (file text, sha256 text, load_id bigint, rows bigint, loaded_at timestamp);
create table raw.posts (load_id bigint, landing_file text, line_no integer, fetched_at timestamp, source text, platform text, account_id text, post_id text);
create table raw.snapshots (load_id bigint, line_no integer, object_id text, source text);
create table raw.ads (load_id bigint, line_no integer, ad_id text, source text);
create table raw.imports (load_id bigint, not_rows bigint);
create table raw.superseded (landing_file text, by_file text);
create table raw.accounts (load_id bigint, landing_file text, line_no integer, fetched_at timestamp, source text, platform text, account_id text);
create table raw.registry (load_id bigint, landing_file text, line_no integer, fetched_at timestamp, registry_sha256 text, campaign_id text, body json);
create table raw.quarantine (load_id bigint, source text, landing_file text, line_no integer, object_id text, reason text, seen_at timestamp, state text);

insert into raw.registry values
(1, 'registry/old', 1, '2026-11-20 06:00:00', repeat('a', 64), 'oyu', '{"campaign_id": "oyu", "published_figures": [{"figure_id": "oyu_gone"}]}'),
(2, 'registry/new', 1, '2026-11-21 06:00:00', repeat('b', 64), 'oyu', '{"campaign_id": "oyu", "published_figures": [{"figure_id": "oyu_views"}, {"figure_id": "oyu_people"}]}'),
(2, 'registry/new', 2, '2026-11-21 06:00:00', repeat('b', 64), 'tenger', '{"campaign_id": "tenger", "published_figures": []}');
create table raw.survey_results (load_id bigint, line_no integer, campaign_id text, indicator text, wave text, respondents text, source text);
create table raw.activities (load_id bigint, line_no integer, campaign_id text, activity_id text, source text);

create schema marts;

create table marts.dim_campaigns (campaign_id text not null, campaign_name text not null, organisation text, donor text, starts_on date, ends_on date, time_zone text, audience_size bigint, audience_source text, audience_is_ceiling boolean, assumed text);
insert into marts.dim_campaigns values
('oyu', 'Оюу', 'An organisation', 'A donor', '2024-01-29', '2024-02-20', 'Asia/Ulaanbaatar', 2200000, 'an order of magnitude', false, 'donor, sandbox'),
('tenger', 'Тэнгэр', 'An organisation', null, '2025-03-01', '2025-03-31', 'Asia/Ulaanbaatar', null, null, false, null);

create table marts.dim_phases (phase_id text not null, campaign_id text not null, phase_name text, phase_order integer, starts_on date, ends_on date, target_metric text, target_value bigint);
insert into marts.dim_phases values
('main', 'tenger', 'Main', 1, '2025-03-01', '2025-03-31', null, null),
('main', 'oyu', 'Main', 1, '2024-01-29', '2024-02-20', 'views', 3000000);

create table marts.dim_accounts (account_id text not null, platform text, account_name text, ownership text);
insert into marts.dim_accounts values ('101', 'facebook', 'A Page', 'own'), ('202', 'instagram', 'a_page', 'partner');

create table marts.dim_translations (campaign_id text not null, language text not null, text text not null, translation text not null);
insert into marts.dim_translations values ('oyu', 'mn', 'Main', 'Үндсэн');

create table marts.dim_metrics (metric text not null, definition text not null, platform text, object_kind text, graph_name text, unit text, adds boolean, valid_from date, valid_to date, meaning text);
insert into marts.dim_metrics values ('views', 'plays', 'facebook', 'post', 'plays', 'views', true, '2024-01-01', null, 'Views'), ('reach', 'viewers', 'facebook', 'post', 'viewers', 'people', false, '2024-01-01', null, 'Reach');

create table marts.dim_posts (post_id text not null, platform text, account_id text, permalink text, published_at timestamptz, media_format text, content_id text, deleted_seen_at timestamp);
insert into marts.dim_posts values
('101_3', 'facebook', '101', 'https://facebook.com/101_3', '2025-03-05 12:00:00+08', 'photo', '101_3', null),
('101_1', 'facebook', '101', 'https://facebook.com/101_1', '2024-02-01 12:00:00+08', 'video', '101_1', null),
('101_2', 'facebook', '101', 'https://facebook.com/101_2', '2024-02-02 12:00:00+08', 'photo', '101_2', null),
('202_1', 'instagram', '202', 'https://instagram.com/p/1', '2024-02-03 12:00:00+08', 'reel', '202_1', null),
('101_9', 'facebook', '101', 'https://facebook.com/101_9', '2024-06-01 12:00:00+08', 'photo', '101_9', null);

insert into raw.posts (load_id, landing_file, line_no, source, post_id) select 0, 'export/old', 1, 'export', post_id from marts.dim_posts;

create table marts.fct_campaign_posts (campaign_id text not null, phase_id text not null, post_id text not null, published_on date, content_type text, attribution_rule text, is_shared boolean);
insert into marts.fct_campaign_posts values
('tenger', 'main', '101_3', '2025-03-05', 'poster', 'hashtag', false),
('oyu', 'main', '101_2', '2024-02-02', 'poster', 'hashtag', false),
('oyu', 'main', '101_1', '2024-02-01', 'video', 'post_id', false),
('oyu', 'main', '202_1', '2024-02-03', 'reel', 'hashtag', false);

create table marts.fct_post_performance (post_id text not null, views bigint, impressions bigint, reach bigint, reactions bigint, comments bigint, shares bigint, saves bigint, clicks bigint, engagements bigint, video_views_3s bigint, watch_time_ms bigint, views_paid bigint, views_organic bigint, reach_status text, fetched_at timestamp);
comment on table marts.fct_post_performance is 'One row per post: it''s wide.';
comment on column marts.fct_post_performance.reach is 'People, never added.';
insert into marts.fct_post_performance values
('101_1', 1500, null, 1234, 10, 2, 3, null, 40, 15, 700, 90000, 0, 1500, 'reported', '2026-11-21 06:00:00'),
('101_2', 300, null, null, 1, 0, 0, null, 4, 1, null, null, 0, 300, 'withheld', '2026-11-21 06:00:00'),
('101_3', 250, null, 200, 5, 0, 1, null, 4, 6, null, null, 0, 250, 'reported', '2026-11-21 06:00:00'),
('202_1', 4061, null, 3000, 50, 5, 3, 7, null, 65, null, 120000, 0, 4061, 'reported', '2026-11-21 06:00:00'),
('101_9', 10, null, 9, 0, 0, 0, null, 0, 0, null, null, 0, 10, 'reported', '2026-11-21 06:00:00');

create table marts.fct_post_metrics as
select
    post_id, metric, value,
    case when value is not null then 'reported' when metric = 'reach' then 'withheld' else 'not_applicable' end as status,
    metric as definition, metric as graph_name, 'api' as source, fetched_at
from marts.fct_post_performance unpivot include nulls (value for metric in (views, reach, saves));

create table marts.agg_phase_content_type_reach as
select
    campaign_id, phase_id, content_type, platform, ownership,
    count(*) as posts, count(distinct content_id) as contents, sum(views)::bigint as views,
    sum(impressions)::bigint as impressions, sum(reach)::bigint as duplicated_reach,
    sum(engagements)::bigint as engagements,
    count(*) filter (where views is null) as posts_without_views,
    count(*) filter (where impressions is null) as posts_without_impressions,
    count(*) filter (where reach is null) as posts_without_reach,
    count(*) filter (where engagements is null) as posts_without_engagements
from marts.fct_campaign_posts
inner join marts.fct_post_performance using (post_id)
inner join marts.dim_posts using (post_id)
inner join marts.dim_accounts using (account_id, platform)
group by all;

create table marts.agg_published_figures (figure_id text not null, campaign_id text not null, phase_id text, as_published text, published_value double, qualifier text, unit text, metric text, scope text, is_duplicated boolean, as_of_on date, computed_value double, difference_pct double, status text, reason text, label_problem text);
insert into marts.agg_published_figures values
('oyu_views', 'oyu', 'main', '1,800 views', 1800, 'exact', 'views', 'views', 'facebook', true, null, 1800, 0, 'matches', null, null),
('oyu_people', 'oyu', null, '5 workshops', 5, 'exact', 'workshops', 'workshops', 'offline', false, null, null, null, 'not_computable', 'no activities are loaded', null);

create table marts.rpt_freshness as select account_id, platform, account_name, '2026-11-21 06:00:00'::timestamp as newest_fetched_at, null::varchar as reason from marts.dim_accounts;

create table marts.rpt_attribution_conflicts (campaign_id text not null, post_id text not null, attribution_rule text not null, phase_ids text not null, permalink text, what_to_do text not null);

create table marts.publication (
    version text not null,
    built_at timestamp not null,
    content_hash text not null,
    source_watermark timestamp,
    registry_hash text,
    code_revision text not null,
    gate_result text not null
);


create table marts.rpt_gate_results (
    gate text not null,
    rule text not null,
    severity text not null,
    is_passed boolean not null,
    is_evaluated boolean not null,
    frame text not null,
    observed text not null,
    expected text not null,
    description text not null,
    what_to_do text not null
);
comment on table marts.publication is 'One row: this publication.';
create table marts.agg_phase_platform_reach (campaign_id varchar not null, phase_id varchar not null, platform varchar not null, posts bigint not null, contents bigint not null, views bigint, impressions bigint, duplicated_reach bigint, engagements bigint, engagements_per_view_pct double, engagements_per_duplicated_reach_pct double, posts_without_views bigint not null, posts_without_impressions bigint not null, posts_without_reach bigint not null, posts_without_engagements bigint not null, people_reached_lower bigint, people_reached_upper bigint, views_in_phase bigint, mixes_definitions boolean not null, people_reached_est bigint, people_reached_est_low bigint, people_reached_est_high bigint, estimate_reason varchar, upper_reason varchar);
create table marts.agg_phase_reach (campaign_id varchar not null, phase_id varchar not null, posts bigint not null, contents bigint not null, views bigint, impressions bigint, duplicated_reach bigint, engagements bigint, engagements_per_view_pct double, engagements_per_duplicated_reach_pct double, posts_without_views bigint not null, posts_without_impressions bigint not null, posts_without_reach bigint not null, posts_without_engagements bigint not null, people_reached_lower bigint, people_reached_upper bigint, views_in_phase bigint, mixes_definitions boolean not null, upper_reason varchar, target_metric varchar, target_value double, attainment_pct double, target_expected double);
create table marts.agg_campaign_platform_reach (campaign_id varchar not null, platform varchar not null, posts bigint not null, contents bigint not null, views bigint, impressions bigint, duplicated_reach bigint, engagements bigint, engagements_per_view_pct double, engagements_per_duplicated_reach_pct double, posts_without_views bigint not null, posts_without_impressions bigint not null, posts_without_reach bigint not null, posts_without_engagements bigint not null, people_reached_lower bigint, people_reached_upper bigint, views_in_phase bigint, mixes_definitions boolean not null, people_reached_est bigint, people_reached_est_low bigint, people_reached_est_high bigint, estimate_reason varchar, upper_reason varchar);
create table marts.agg_campaign_reach (campaign_id varchar not null, posts bigint not null, contents bigint not null, views bigint, impressions bigint, duplicated_reach bigint, engagements bigint, engagements_per_view_pct double, engagements_per_duplicated_reach_pct double, posts_without_views bigint not null, posts_without_impressions bigint not null, posts_without_reach bigint not null, posts_without_engagements bigint not null, people_reached_lower bigint, people_reached_upper bigint, mixes_definitions boolean not null, upper_reason varchar);
insert into marts.agg_phase_platform_reach by name
select
    campaign_id, phase_id, platform, sum(posts)::bigint as posts, sum(contents)::bigint as contents, sum(views)::bigint as views,
    sum(impressions)::bigint as impressions, sum(duplicated_reach)::bigint as duplicated_reach,
    sum(engagements)::bigint as engagements, sum(posts_without_views)::bigint as posts_without_views,
    sum(posts_without_impressions)::bigint as posts_without_impressions,
    sum(posts_without_reach)::bigint as posts_without_reach,
    sum(posts_without_engagements)::bigint as posts_without_engagements, false as mixes_definitions
from marts.agg_phase_content_type_reach group by all;
insert into marts.agg_phase_reach by name
select
    campaign_id, phase_id, sum(posts)::bigint as posts, sum(contents)::bigint as contents, sum(views)::bigint as views,
    sum(impressions)::bigint as impressions, sum(duplicated_reach)::bigint as duplicated_reach,
    sum(engagements)::bigint as engagements, sum(posts_without_views)::bigint as posts_without_views,
    sum(posts_without_impressions)::bigint as posts_without_impressions,
    sum(posts_without_reach)::bigint as posts_without_reach,
    sum(posts_without_engagements)::bigint as posts_without_engagements, count(distinct platform) > 1 as mixes_definitions
from marts.agg_phase_content_type_reach group by all;
insert into marts.agg_campaign_platform_reach by name
select campaign_id, platform, columns('^(posts|contents|views$|impressions$|duplicated|engagements$|mixes)')
from marts.agg_phase_platform_reach;
insert into marts.agg_campaign_reach by name
select campaign_id, columns('^(posts|contents|views$|impressions$|duplicated|engagements$|mixes)') from marts.agg_phase_reach;
create table marts.fct_activities (campaign_id varchar not null, activity_id varchar not null, phase_id varchar, activity_name varchar not null, kind varchar not null, held_on date, place varchar, times bigint not null);
create table marts.fct_activity_people (campaign_id varchar not null, activity_id varchar not null, sex varchar not null, age_group varchar not null, people bigint not null, qualifier varchar not null);
create table marts.fct_survey_results (campaign_id varchar not null, indicator varchar not null, wave varchar not null, respondents varchar not null, indicator_text varchar not null, wave_order integer not null, share_pct double, n bigint, asked_on date, evidence_design varchar not null);
create table marts.agg_survey_change (campaign_id varchar not null, indicator varchar not null, respondents varchar not null, first_wave varchar not null, last_wave varchar not null, first_share_pct double, last_share_pct double, change_points double, change_pct double, change_points_low double, change_points_high double, interval_method varchar, interval_reason varchar, evidence_design varchar not null);
create table marts.rpt_unattributed_posts (campaign_id varchar not null, phase_id varchar not null, post_id varchar not null, account_id varchar not null, permalink varchar, published_on date not null, views bigint, what_to_do varchar not null);
create table marts.rpt_imports (landing_file varchar not null, line_no integer not null, file_name varchar not null, sha256 varchar not null, product varchar not null, kind varchar not null, platform varchar not null, language varchar, exported_at timestamp not null, rows bigint not null, accepted bigint not null, quarantined bigint not null, not_rows bigint not null, notes varchar);
create table marts.rpt_source_differences (post_id varchar not null, metric varchar not null, definition varchar not null, api_value bigint not null, export_value bigint not null, difference_pct double, api_fetched_at timestamp not null, exported_at timestamp not null);
create table marts.rpt_quarantine (landing_file varchar not null, line_no integer not null, source varchar not null, reason varchar not null, state varchar not null, objects bigint not null, object_id varchar, seen_at timestamp not null);
create table marts.fct_ads (ad_id varchar not null, starts_on date not null, ends_on date not null, ad_name varchar, campaign_id varchar, reach bigint, impressions bigint, spend decimal(18, 2), currency varchar, source varchar not null);
create table marts.fct_account_days (account_id varchar not null, day_on date not null, platform varchar not null, reach_day bigint, reach_week bigint, reach_28_days bigint, views bigint, followers bigint, fetched_at timestamp);
create table marts.fct_post_days (post_id varchar not null, day_on date not null, views bigint, reach bigint, engagements bigint, views_increase bigint, engagements_increase bigint, is_observed boolean not null, has_fallen boolean not null);

create table raw.queue_counts (received_before varchar, held bigint);
create table raw.receipts (sha256 varchar, received_at varchar);
create table raw.deliveries (sha256 varchar, state varchar, received_at varchar, repeats bigint);
create table raw.drained (
    delivery_sha256 varchar, changes bigint, events bigint, coalesced bigint, quarantined bigint
);
create table raw.events (event_id varchar, delivery_sha256 varchar, state varchar);
create table raw.answers (place varchar, answers bigint, outcome varchar, began_at varchar);
create table raw.refused_answers (sha256 varchar, seen_at varchar);
create table raw.loaded_objects as select load_id, count(*) as objects from raw.registry group by all;
