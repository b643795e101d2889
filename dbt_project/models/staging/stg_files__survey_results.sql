select
    load_id,
    fetched_at,
    source,
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
    evidence_design
from {{ source('raw', 'survey_results') }}
