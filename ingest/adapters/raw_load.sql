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
    lines.request ->> '$.edge' as edge,
    lines.request ->> '$.object_id' as requested_id,
    lines.request ->> '$.params.registry_sha256' as registry_sha256,
    coalesce(from_json(lines.request -> '$.metrics', '["VARCHAR"]'), []) as metrics,
    coalesce(from_json(lines.request -> '$.refused', '"MAP(VARCHAR, VARCHAR)"'), map {}) as refused,
    lines.body
from read_json(
    getvariable('paths'),
    format = 'newline_delimited',
    filename = 'path',
    maximum_object_size = 134217728,
    columns = {
        line_no: 'INTEGER',
        fetched_at: 'TIMESTAMP',
        source: 'VARCHAR',
        platform: 'VARCHAR',
        account_id: 'VARCHAR',
        request: 'JSON',
        body: 'JSON'
    }
) as lines
inner join files using (path);

-- One row per object of an answer: each element of a list, or the answer itself.
create or replace temp table objects as
select
    *,
    coalesce(nullif(trim(object ->> '$.id'), ''), if(is_listed, null, requested_id)) as object_id,
    json_transform(object, '{
        "id": "VARCHAR", "created_time": "VARCHAR", "timestamp": "VARCHAR", "message": "VARCHAR", "caption": "VARCHAR",
        "permalink_url": "VARCHAR", "permalink": "VARCHAR", "status_type": "VARCHAR", "media_type": "VARCHAR",
        "media_product_type": "VARCHAR", "is_published": "VARCHAR", "name": "VARCHAR", "followers_count": "BIGINT",
        "attachments": {"data": [{
            "media_type": "VARCHAR", "type": "VARCHAR", "subattachments": {"data": ["JSON"]}}]},
        "insights": {"data": [{
            "name": "VARCHAR", "period": "VARCHAR", "values": [{"value": "JSON", "end_time": "VARCHAR"}]}]}
    }') as facts
from (
    select
        * exclude (body),
        coalesce(json_type(body, '$.data') = 'ARRAY', false) as is_listed,
        unnest(if(coalesce(json_type(body, '$.data') = 'ARRAY', false), body -> '$.data[*]', [body])) as object
    from landed
    where edge <> 'campaign'
);

insert into raw.registry
select load_id, landing_file, line_no, fetched_at, registry_sha256, requested_id, body
from landed
where edge = 'campaign';

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
where
    object_id is null
    or not regexp_full_match(object_id, '[A-Za-z0-9_]{1,128}')
    or (is_listed and coalesce(facts.created_time, facts.timestamp) is null);

create or replace temp table usable as
select * from objects
where
    regexp_full_match(coalesce(object_id, ''), '[A-Za-z0-9_]{1,128}')
    and not (is_listed and coalesce(facts.created_time, facts.timestamp) is null);

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
    coalesce(facts.created_time, facts.timestamp),
    coalesce(facts.message, facts.caption),
    coalesce(facts.permalink_url, facts.permalink),
    facts.status_type,
    facts.attachments.data[1].media_type,
    facts.attachments.data[1].type,
    len(facts.attachments.data[1].subattachments.data),
    facts.media_type,
    facts.media_product_type,
    facts.is_published
from usable
where is_listed;

-- What was reported, and a null for each metric that was asked for and not answered.
insert into raw.snapshots
with insights as (
    select load_id, line_no, object_id, unnest(facts.insights.data) as insight
    from usable
    where is_listed
),
reported as (
    select
        load_id,
        line_no,
        object_id,
        insight.name as graph_name,
        insight.period as period,
        unnest(insight."values") as point
    from insights
),
requested as (
    select * exclude (facts, object, metrics), unnest(metrics) as graph_name
    from usable
    where is_listed
)
select
    requested.load_id,
    requested.landing_file,
    requested.line_no,
    requested.fetched_at,
    requested.source,
    requested.platform,
    requested.account_id,
    'post' as object_kind,
    requested.object_id,
    requested.graph_name,
    coalesce(reported.period, 'lifetime') as period,
    reported.point.end_time as end_time,
    null as breakdown,
    null as breakdown_value,
    reported.point.value::varchar as value,
    if(reported.point.value is null, 'not_yet_available', null) as reason
from requested
left join reported using (load_id, line_no, object_id, graph_name);

-- A metric that Meta refuses was not asked for; each post says so, with the reason.
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
    object_id,
    refusal.key,
    'lifetime',
    null,
    null,
    null,
    null,
    refusal.value
from (select * exclude (facts, object, refused), unnest(map_entries(refused)) as refusal from usable where is_listed);

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
    'day',
    null,
    null,
    null,
    facts.followers_count::varchar,
    if(facts.followers_count is null, 'not_yet_available', null)
from usable
where edge in ('page', 'ig_user');
