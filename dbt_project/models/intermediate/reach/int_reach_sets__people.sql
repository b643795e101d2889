-- Per set over all platforms: bounds only. Nobody can say who is on two platforms, so the lower bound is the largest.
with platforms as (

    select * from {{ ref('int_reach_sets__platforms') }}

)

select
    campaign_id,
    phase_id,
    max(people_reached_lower) as people_reached_lower,
    if(
        count(*) = count(people_reached_upper) and not bool_or(is_contradiction),
        least(sum(people_reached_upper), any_value(people_ceiling)), null
    )::bigint as people_reached_upper,
    case
        when bool_or(is_contradiction) then 'contradiction'
        when count(*) > count(people_reached_upper) then 'withheld_reach'
    end as upper_reason
from platforms
group by all
