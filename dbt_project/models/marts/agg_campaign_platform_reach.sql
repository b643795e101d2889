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

)

select
    *,
    if(posts = 1, people_reached_lower, null)::bigint as people_reached_est,
    null::bigint as people_reached_est_low,
    null::bigint as people_reached_est_high,
    case
        when posts_without_reach > 0 then 'withheld_reach'
        when posts > 1 then 'no_window'
    end as estimate_reason,
    if(people_reached_upper is null, 'withheld_reach', null) as upper_reason
from summed
