with campaigns as (

    select * from {{ ref('int_registry__current') }}

),

listed as (

    select
        campaign_id,
        unnest(body -> '$.surveys[*]') as result
    from campaigns

)

select
    campaign_id,
    result ->> '$.indicator' as indicator,
    result ->> '$.indicator_text' as indicator_text,
    result ->> '$.wave' as wave,
    (result ->> '$.wave_order')::integer as wave_order,
    result ->> '$.respondents' as respondents,
    (result ->> '$.share_pct')::double as share_pct,
    (result ->> '$.n')::bigint as n,
    (result ->> '$.asked_on')::date as asked_on,
    result ->> '$.evidence_design' as evidence_design
from listed
