with results as (

    select * from {{ ref('int_survey_results__newest') }}

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
    n_effective,
    asked_on,
    evidence_design,
    source
from results
