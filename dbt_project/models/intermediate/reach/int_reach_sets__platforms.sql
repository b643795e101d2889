{{ config(materialized='table') }}

-- Per set and platform: bounds always; an estimate with a plausible range where every account allows one. A model that
-- says more people than the campaign's audience is wrong there: it gives no number.
with accounts as (

    select * from {{ ref('int_reach_sets__accounts') }}

),

together as (

    select
        campaign_id,
        phase_id,
        platform,
        any_value(people_ceiling) as people_ceiling,
        any_value(audience_size) as audience_size,
        sum(posts_with_reach) as posts_with_reach,
        max(people_lower) as people_lower,
        least(if(count(*) = count(people_upper), sum(people_upper), null), any_value(people_ceiling)) as people_upper,
        if(
            count(*) = count(people_est),
            least({{ power_mean('list(people_est)', var('q_across_accounts')) }}, any_value(people_ceiling)),
            null
        ) as people_est,
        min(reason) filter (where reason = 'withheld_reach') as withheld,
        min(reason) filter (where reason <> 'withheld_reach') as uncalibrated
    from accounts
    group by all

),

judged as (

    select
        * exclude (people_est),
        coalesce(people_lower > people_upper, false) as is_contradiction,
        coalesce(people_lower < people_upper and people_est > audience_size, false) as is_above_audience,
        case
            when people_lower = people_upper then people_lower
            when people_lower < people_upper and people_est > audience_size then null
            when people_lower < people_upper then people_est
        end as people_est
    from together

),

-- greatest() and least() pass over null: without an estimate there is no range either.
ranged as (

    select
        *,
        people_est is not null and people_lower < people_upper as has_range
    from judged

)

select
    campaign_id,
    phase_id,
    platform,
    people_ceiling,
    is_contradiction,
    if(posts_with_reach > 0, round(people_lower)::bigint, null) as people_reached_lower,
    round(people_upper)::bigint as people_reached_upper,
    people_est as people_reached_est,
    if(has_range, greatest(people_lower, {{ var('plausible_low') }} * people_est), null) as people_reached_est_low,
    if(has_range, least(people_upper, {{ var('plausible_high') }} * people_est), null) as people_reached_est_high,
    case
        when people_est is not null then null
        when is_contradiction then 'contradiction'
        when is_above_audience then 'above_audience'
        else coalesce(withheld, uncalibrated)
    end as estimate_reason,
    if(people_upper is null, 'withheld_reach', null) as upper_reason
from ranged
