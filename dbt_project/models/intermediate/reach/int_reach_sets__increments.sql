-- How many people each post of a set gained within each window of its account: known only where the post was read on
-- the days on which the window begins and ends.
with members as (

    select * from {{ ref('int_reach_sets__posts') }}

),

windows as (

    select * from {{ ref('int_account_windows') }}

),

edges as (

    select
        post_id,
        {{ meta_date('fetched_at') }} as read_on,
        min(value) as reach
    from {{ ref('int_post_days__observed') }}
    where metric = 'reach'
    group by all

)

select
    members.campaign_id,
    members.phase_id,
    members.platform,
    members.account_id,
    windows.window_no,
    members.post_id,
    case
        when members.published_on >= windows.ends_on then 0
        when members.published_on >= windows.starts_on then at_end.reach
        else at_end.reach - at_start.reach
    end as delta
from members
inner join windows on members.account_id = windows.account_id and members.platform = windows.platform
left join edges as at_start on members.post_id = at_start.post_id and windows.starts_on = at_start.read_on
left join edges as at_end on members.post_id = at_end.post_id and windows.ends_on = at_end.read_on
