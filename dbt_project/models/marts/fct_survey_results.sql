with results as (

    select * from {{ ref('int_registry__survey_results') }}

)

select
    campaign_id,
    indicator,
    wave,
    respondents,
    indicator_text,
    wave_order,
    share_pct,
    n,
    asked_on,
    evidence_design
from results
