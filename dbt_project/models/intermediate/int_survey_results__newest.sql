-- A result that stands in a file and in the campaign file is the file's; of two files the one that was imported last.
with of_files as (

    select * from {{ ref('stg_files__survey_results') }}

),

of_registry as (

    select * from {{ ref('int_registry__survey_results') }}

),

campaigns as (

    select * from {{ ref('int_registry__current') }}

),

told as (

    select
        campaign_id,
        indicator,
        indicator_text,
        wave,
        wave_order,
        respondents,
        share_pct,
        n,
        n_effective,
        asked_on,
        evidence_design,
        source,
        fetched_at,
        load_id
    from of_files
    union all by name
    select
        *,
        'registry' as source
    from of_registry

)

select told.* exclude (fetched_at, load_id)
from told
inner join campaigns using (campaign_id)
qualify {{ told_last(['campaign_id', 'indicator', 'wave', 'respondents']) }}
