-- Surveys and activity lists: what their rows say, and which were refused, with the line in the file.
create or replace temp table offline as
select
    landed.load_id, landed.landing_file, landed.line_no, landed.fetched_at, landed.source, landed.platform, landed.edge,
    landed.request -> '$.params' as params,
    coalesce(reread.body, landed.body) as body,
    from_json(coalesce(reread.body, landed.body) -> '$.data', '["JSON"]') as kept,
    from_json(
        coalesce(reread.body, landed.body) -> '$.rejected',
        '[{"line": "INTEGER", "object_id": "VARCHAR", "reason": "VARCHAR"}]'
    ) as refused
from landed
left join reread on landed.load_id = reread.load_id and landed.line_no = reread.line_no
where landed.edge in ('survey_results', 'activities');

insert into raw.survey_results
select
    load_id, landing_file, coalesce((row ->> '$.line')::integer, line_no), fetched_at, source, row ->> '$.campaign_id',
    row ->> '$.indicator', row ->> '$.indicator_text', row ->> '$.wave', (row ->> '$.wave_order')::integer,
    row ->> '$.respondents', (row ->> '$.share_pct')::double, (row ->> '$.n')::bigint,
    (row ->> '$.n_effective')::double, (row ->> '$.asked_on')::date, row ->> '$.evidence_design'
from (select *, unnest(kept) as row from offline where edge = 'survey_results');

insert into raw.activities
select
    load_id, landing_file, coalesce((row ->> '$.line')::integer, line_no), fetched_at, source, row ->> '$.campaign_id',
    row ->> '$.activity_id', row ->> '$.activity_name', row ->> '$.kind', row ->> '$.phase_id',
    (row ->> '$.held_on')::date, row ->> '$.place', (row ->> '$.times')::bigint, row -> '$.people'
from (select *, unnest(kept) as row from offline where edge = 'activities');

insert into raw.quarantine
select load_id, source, landing_file, row.line, row.object_id, row.reason, fetched_at, 'waiting'
from (select *, unnest(refused) as row from offline);

insert into raw.imports
select
    load_id, landing_file, line_no, fetched_at, (params ->> '$.exported_at')::timestamp, platform, params ->> '$.name',
    params ->> '$.sha256', params ->> '$.who', params ->> '$.kind', params ->> '$.product', '',
    (body ->> '$.rows')::bigint, (body ->> '$.rows')::bigint - len(list_distinct(list_transform(refused, lambda x: x.line))),
    len(refused), 0,
    if((body ->> '$.suppressed_groups')::bigint > 0, (body ->> '$.suppressed_groups') || ' small groups left out', '')
from offline;
