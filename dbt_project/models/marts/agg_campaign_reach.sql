with measured as (

    select * from {{ ref('int_campaign_posts__measured') }}

),

summed as (

    select
        campaign_id,
        {{ reach_sums() }}
    from measured
    group by campaign_id

)

select
    * exclude (views_in_phase),
    if(people_reached_upper is null, 'withheld_reach', null) as upper_reason
from summed
