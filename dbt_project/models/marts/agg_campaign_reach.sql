with measured as (

    select * from {{ ref('int_campaign_posts__measured') }}

),

summed as (

    select
        campaign_id,
        {{ reach_sums() }}
    from measured
    group by campaign_id

),

people as (

    select * from {{ ref('int_reach_sets__people') }}
    where phase_id is null

)

select
    summed.* exclude (views_in_phase, people_reached_lower, people_reached_upper),
    people.people_reached_lower,
    people.people_reached_upper,
    people.upper_reason
from summed
inner join people on summed.campaign_id = people.campaign_id
