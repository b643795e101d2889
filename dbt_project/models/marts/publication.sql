-- Its one row is written by `campaign-reach publish`, when the version has a name and a verdict.
select
    null::varchar as version,
    null::timestamp as built_at,
    null::varchar as content_hash,
    null::timestamp as source_watermark,
    null::varchar as registry_hash,
    null::varchar as code_revision,
    null::varchar as gate_result
where false
