with ads as (

    select * from {{ ref('stg_ads_manager__ads') }}

)

select
    ad_id,
    starts_on,
    ends_on,
    ad_name,
    campaign_id,
    reach,
    impressions,
    spend,
    currency,
    source
from ads
qualify row_number() over (partition by ad_id, starts_on, ends_on order by fetched_at desc, load_id desc) = 1
