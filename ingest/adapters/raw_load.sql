-- From landed lines to raw rows. `files` (load_id, file, path) is filled by the caller; one transaction per run.
-- json_transform is not strict: a value of another type than expected becomes null, and never fails the file.

create or replace temp table landed as
select
    files.load_id,
    files.file as landing_file,
    lines.line_no,
    lines.fetched_at,
    lines.source,
    lines.platform,
    lines.account_id,
    lines.request,
    lines.request ->> '$.edge' as edge,
    lines.request ->> '$.object_id' as requested_id,
    lines.request ->> '$.params.registry_sha256' as registry_sha256,
    lines.request ->> '$.params.until' as window_end,
    coalesce(from_json(lines.request -> '$.metrics', '["VARCHAR"]'), []) as metrics,
    coalesce(from_json(lines.request -> '$.refused', '"MAP(VARCHAR, VARCHAR)"'), map {}) as refused,
    lines.http_status,
    coalesce(json_type(lines.body, '$.data') = 'ARRAY', false) as is_listed,
    lines.body
from read_json(
    getvariable('paths'),
    format = 'newline_delimited',
    filename = 'path',
    maximum_object_size = getvariable('longest_line'),
    columns = {
        line_no: 'INTEGER',
        fetched_at: 'TIMESTAMP',
        source: 'VARCHAR',
        platform: 'VARCHAR',
        account_id: 'VARCHAR',
        request: 'JSON',
        http_status: 'INTEGER',
        body: 'JSON'
    }
) as lines
inner join files using (path);

insert into raw.registry
select load_id, landing_file, line_no, fetched_at, registry_sha256, requested_id, body
from landed
where edge = 'campaign';

-- One row per object of an answer: each element of a list, or the answer itself. A refusal holds no object; insights
-- that were asked apart follow below; reels and live videos only say which video belongs to which post.
create or replace temp table elements as
select
    * exclude (body, request),
    unnest(if(is_listed, body -> '$.data[*]', [body])) as object
from landed
where
    source <> 'export'
    and edge not in ('campaign', 'insights', 'video_insights', 'video_reels', 'live_videos', 'webhook', 'story_insights', 'erased')
    and coalesce(http_status, 200) = 200;

create or replace temp table objects as
select
    *,
    is_listed or edge in ('post', 'ig_media') as is_post,
    coalesce(nullif(coalesce(object ->> '$.id', object ->> '$.post_id'), ''), if(is_listed, null, requested_id))
        as object_id,
    json_transform(object, '{
        "message": "VARCHAR", "caption": "VARCHAR", "permalink_url": "VARCHAR", "permalink": "VARCHAR", "url": "VARCHAR",
        "status_type": "VARCHAR", "media_type": "VARCHAR", "media_product_type": "VARCHAR", "is_published": "VARCHAR",
        "name": "VARCHAR", "followers_count": "BIGINT",
        "attachments": {"data": [{
            "media_type": "VARCHAR", "type": "VARCHAR", "subattachments": {"data": ["JSON"]}}]}
    }') as facts,
    coalesce(
        object ->> '$.created_time', object ->> '$.timestamp',
        to_timestamp(try_cast(object ->> '$.creation_time' as bigint))::varchar
    ) as published_at,
    coalesce(regexp_full_match(object_id, '[A-Za-z0-9_]{1,128}'), false) and not (is_post and published_at is null)
        as is_usable
from elements;

insert into raw.quarantine
select
    load_id,
    source,
    landing_file,
    line_no,
    object_id,
    case
        when object_id is null then 'the object has no id'
        when not regexp_full_match(object_id, '[A-Za-z0-9_]{1,128}') then 'the id is none'
        else 'the object has no time of publication'
    end as reason,
    fetched_at as seen_at,
    'waiting' as state
from objects
where not is_usable;

create or replace temp table usable as
select * from objects
where is_usable;

insert into raw.loaded_objects
select files.load_id, count(found.load_id)
from files
left join (
    select load_id from objects
    where source is distinct from 'export' and (is_post or edge in ('page', 'ig_user') or not is_usable)
    union all
    select load_id from landed
    where edge = 'campaign'
) as found using (load_id)
group by all;

insert into raw.accounts
select
    load_id, landing_file, line_no, fetched_at, source, platform, object_id, facts.name, facts.followers_count
from usable
where edge in ('page', 'ig_user');

insert into raw.posts
select
    load_id,
    landing_file,
    line_no,
    fetched_at,
    source,
    platform,
    account_id,
    object_id,
    published_at,
    coalesce(facts.message, facts.caption),
    coalesce(facts.permalink_url, facts.permalink, facts.url),
    facts.status_type,
    facts.attachments.data[1].media_type,
    facts.attachments.data[1].type,
    len(facts.attachments.data[1].subattachments.data),
    facts.media_type,
    if(edge = 'stories', 'STORY', facts.media_product_type),
    facts.is_published,
    null
from usable
where is_post;

-- Every insight, wherever it stood: within its post, or in an answer of its own. One row per number, and per part of
-- one that a breakdown gives; a total over a window has no end of its own, so it gets the window's. Where Meta tells
-- the parts of a total and not itself, nobody adds them up here.
create or replace temp table insights as
with answered as (
    select load_id, line_no, object_id, null as window_end, object -> '$.insights.data' as data
    from usable
    where is_post
    union all by name
    select load_id, line_no, requested_id as object_id, window_end, body -> '$.data' as data
    from landed
    where edge in ('insights', 'video_insights') and coalesce(http_status, 200) = 200
),

named as (
    select
        * exclude (data),
        unnest(from_json(data, '[{
            "name": "VARCHAR", "period": "VARCHAR",
            "values": [{
                "value": "JSON", "end_time": "VARCHAR", "is_from_ads": "VARCHAR", "is_from_followers": "VARCHAR"}],
            "total_value": {
                "value": "VARCHAR",
                "breakdowns": [{
                    "dimension_keys": ["VARCHAR"],
                    "results": [{"dimension_values": ["VARCHAR"], "value": "VARCHAR"}]}]}}]')
        ) as insight
    from answered
)

select
    load_id,
    line_no,
    object_id,
    insight.name as graph_name,
    if(insight.total_value is null or window_end is null, coalesce(insight.period, 'lifetime'), 'window') as period,
    unnest(
        case
            when insight.total_value is null then list_transform(insight."values", lambda point: {
                'value': point.value::varchar,
                'end_time': point.end_time,
                'breakdown': case
                    when point.is_from_ads is not null then 'is_from_ads'
                    when point.is_from_followers is not null then 'is_from_followers'
                end,
                'breakdown_value': coalesce(point.is_from_ads, point.is_from_followers)
            })
            else list_concat(
                if(
                    insight.total_value.value is null and len(insight.total_value.breakdowns[1].results) > 0,
                    [],
                    [{
                        'value': insight.total_value.value,
                        'end_time': window_end::varchar,
                        'breakdown': null::varchar,
                        'breakdown_value': null::varchar
                    }]
                ),
                list_transform(insight.total_value.breakdowns[1].results, lambda part: {
                    'value': part.value,
                    'end_time': window_end::varchar,
                    'breakdown': array_to_string(insight.total_value.breakdowns[1].dimension_keys, ','),
                    'breakdown_value': array_to_string(part.dimension_values, ',')
                })
            )
        end
    ) as point
from named;

-- What insights were asked of: the posts of a listing, or the object of an answer of its own.
create or replace temp table asked as
select
    load_id, landing_file, line_no, fetched_at, source, platform, account_id, metrics, refused,
    'post' as object_kind,
    object_id
from usable
where is_post
union all by name
select
    load_id, landing_file, line_no, fetched_at, source, platform, account_id, metrics, refused,
    if(requested_id = account_id, 'account', 'post') as object_kind,
    requested_id as object_id
from landed
where edge in ('insights', 'video_insights') or (edge in ('post', 'ig_media') and coalesce(http_status, 200) <> 200);

-- What was reported, and a null for each metric that was asked for and not answered.
insert into raw.snapshots
select
    wanted.load_id,
    wanted.landing_file,
    wanted.line_no,
    wanted.fetched_at,
    wanted.source,
    wanted.platform,
    wanted.account_id,
    wanted.object_kind,
    wanted.object_id,
    wanted.graph_name,
    coalesce(insights.period, 'lifetime') as period,
    insights.point.end_time as end_time,
    insights.point.breakdown as breakdown,
    insights.point.breakdown_value as breakdown_value,
    insights.point.value as value,
    if(insights.point.value is null, 'not_yet_available', null) as reason
from (select * exclude (metrics, refused), unnest(metrics) as graph_name from asked) as wanted
left join insights using (load_id, line_no, object_id, graph_name);

-- A metric that Meta refuses was not asked for, or was asked for and refused: each object says so, with the reason.
insert into raw.snapshots
select
    load_id,
    landing_file,
    line_no,
    fetched_at,
    source,
    platform,
    account_id,
    object_kind,
    object_id,
    refusal.key,
    'lifetime',
    null,
    null,
    null,
    null,
    refusal.value
from (select * exclude (metrics, refused), unnest(map_entries(refused)) as refusal from asked);

insert into raw.snapshots
select
    load_id,
    landing_file,
    line_no,
    fetched_at,
    source,
    platform,
    account_id,
    'account',
    object_id,
    'followers_count',
    'now',
    null,
    null,
    null,
    facts.followers_count::varchar,
    if(facts.followers_count is null, 'not_yet_available', null)
from usable
where edge in ('page', 'ig_user');

-- The numbers of a story that Meta sends when it ends; a value that it withholds comes as -1.
insert into raw.snapshots
select
    load_id,
    landing_file,
    line_no,
    fetched_at,
    source,
    platform,
    account_id,
    'post',
    requested_id,
    number.key,
    'lifetime',
    null,
    null,
    null,
    if(try_cast(number.value as bigint) < 0, null, number.value),
    if(try_cast(number.value as bigint) < 0, 'withheld', null)
from (
    select *, unnest(map_entries(from_json(body, '"MAP(VARCHAR, VARCHAR)"'))) as number
    from landed
    where edge = 'story_insights'
)
where number.key not in ('media_id', 'item', 'verb', 'post_id', 'parent_id', 'comment_id', 'created_time', 'published');
