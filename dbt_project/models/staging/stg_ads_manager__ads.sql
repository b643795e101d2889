select
    load_id,
    fetched_at,
    source,
    ad_id,
    ad_name,
    campaign_id,
    starts_on,
    ends_on,
    reach,
    impressions,
    spend,
    currency
from {{ source('raw', 'ads') }}
