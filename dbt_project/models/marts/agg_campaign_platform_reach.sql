with measured as (

    select * from {{ ref('int_campaign_posts__measured') }}

),

summed as (

    select
        campaign_id,
        platform,
        {{ reach_sums() }}
    from measured
    group by campaign_id, platform

),

people as (

    select * from {{ ref('int_reach_sets__platforms') }}
    where phase_id is null

)

select
    summed.* exclude (people_reached_lower, people_reached_upper),
    people.people_reached_lower,
    people.people_reached_upper,
    round(people.people_reached_est)::bigint as people_reached_est,
    round(people.people_reached_est_low)::bigint as people_reached_est_low,
    round(people.people_reached_est_high)::bigint as people_reached_est_high,
    people.estimate_reason,
    people.upper_reason
from summed
inner join people
    on
        summed.campaign_id = people.campaign_id
        and summed.platform = people.platform
