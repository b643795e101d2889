with campaigns as (

    select * from {{ ref('int_registry__current') }}

),

phases as (

    select * from {{ ref('int_registry__phases') }}

)

select
    campaigns.campaign_id,
    campaigns.campaign_name,
    campaigns.organisation,
    campaigns.donor,
    min(phases.starts_on) as starts_on,
    max(phases.ends_on) as ends_on,
    campaigns.time_zone,
    campaigns.audience_size,
    campaigns.audience_source,
    campaigns.audience_is_ceiling,
    campaigns.assumed
from campaigns
inner join phases on campaigns.campaign_id = phases.campaign_id
group by all
