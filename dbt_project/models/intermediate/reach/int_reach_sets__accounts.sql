-- Per set and account: at least, at most, and an estimate where the account's windows say how its audiences overlap.
with posts as (

    select
        campaign_id,
        phase_id,
        platform,
        account_id,
        post_id,
        max(reach) as reach,
        any_value(people_ceiling) as people_ceiling,
        any_value(audience_size) as audience_size
    from {{ ref('int_reach_sets__posts') }}
    group by all

),

joined as (

    select
        posts.*,
        covers.people_upper as covered,
        overlap.q,
        overlap.reason
    from posts
    left join {{ ref('int_reach_sets__covers') }} as covers
        on
            posts.campaign_id = covers.campaign_id
            and posts.phase_id is not distinct from covers.phase_id
            and posts.platform = covers.platform
            and posts.account_id = covers.account_id
    left join {{ ref('int_account_overlap') }} as overlap
        on posts.platform = overlap.platform and posts.account_id = overlap.account_id

)

select
    campaign_id,
    phase_id,
    platform,
    account_id,
    any_value(people_ceiling) as people_ceiling,
    any_value(audience_size) as audience_size,
    count(*) as posts,
    count(reach) as posts_with_reach,
    coalesce(max(reach), 0) as people_lower,
    least(any_value(covered), if(count(*) = count(reach), sum(reach), null)) as people_upper,
    case
        when count(reach) < count(*) then null
        when count(*) = 1 or max(reach) = 0 then max(reach)
        when any_value(q) is null then null
        else greatest(max(reach), least({{ power_mean('list(reach)', 'any_value(q)') }}, any_value(covered)))
    end as people_est,
    case
        when count(reach) < count(*) then 'withheld_reach'
        when count(*) > 1 and max(reach) > 0 and any_value(q) is null then coalesce(any_value(reason), 'no_window')
    end as reason
from joined
group by all
