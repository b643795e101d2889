-- At most how many people an account's posts of a set have reached, by the account's own windows: each person is in the
-- window in which they first saw one of the posts. Null unless the windows cover the posts' life without a gap.
with spans as (

    select
        campaign_id,
        phase_id,
        platform,
        account_id,
        count(distinct post_id) as posts,
        min(published_on) as first_on,
        max(measured_on) as last_on
    from {{ ref('int_reach_sets__posts') }}
    group by all

),

gained as (

    select
        campaign_id,
        phase_id,
        platform,
        account_id,
        window_no,
        count(delta) as posts,
        sum(greatest(delta, 0)) as people
    from {{ ref('int_reach_sets__increments') }}
    group by all

),

pieces as (

    select
        spans.*,
        windows.starts_on,
        windows.ends_on,
        least(windows.window_reach, if(gained.posts = spans.posts, gained.people, null)) as people
    from spans
    inner join {{ ref('int_account_windows') }} as windows
        on
            spans.platform = windows.platform
            and spans.account_id = windows.account_id
            and windows.ends_on > spans.first_on
            and windows.starts_on < spans.last_on
    left join gained
        on
            spans.campaign_id = gained.campaign_id
            and spans.phase_id is not distinct from gained.phase_id
            and spans.platform = gained.platform
            and spans.account_id = gained.account_id
            and windows.window_no = gained.window_no

)

select
    campaign_id,
    phase_id,
    platform,
    account_id,
    if(
        count(*) = count(people)
        and min(starts_on) <= any_value(first_on)
        and max(ends_on) >= any_value(last_on)
        and sum(ends_on - starts_on) = max(ends_on) - min(starts_on),
        sum(people), null
    ) as people_upper
from pieces
group by all
