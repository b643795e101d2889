{{ config(materialized='table') }}

-- How much the audiences of an account's posts overlap: the q with which the power mean of the posts of its windows
-- gives just whom the account reached in them. Found by halving, thirty times; the same for all sets of the account.
with recursive windows as (

    select
        posts.platform,
        posts.account_id,
        posts.window_no,
        list(posts.reach order by posts.post_id) as reaches,
        any_value(windows.window_reach) as window_reach
    from {{ ref('int_account_windows__posts') }} as posts
    inner join {{ ref('int_account_windows') }} as windows
        on
            posts.platform = windows.platform
            and posts.account_id = windows.account_id
            and posts.window_no = windows.window_no
    group by posts.platform, posts.account_id, posts.window_no
    having
        count(*) = count(posts.reach)
        and count(*) filter (where posts.reach > 0) >= 2
        and any_value(windows.window_reach) > 0

),

usable as (

    select
        platform,
        account_id,
        list(reaches order by window_no) filter (where is_consistent) as reaches,
        sum(window_reach) filter (where is_consistent) as people,
        count(*) filter (where is_consistent) as windows
    from (
        select
            *,
            window_reach <= list_sum(reaches) and window_reach >= list_max(reaches) as is_consistent
        from windows
    ) as judged
    group by platform, account_id

),

halved as (

    select
        platform,
        account_id,
        reaches,
        people,
        0 as step,
        0.0::double as low,
        1.0::double as high
    from usable
    where windows > 0

    union all

    select
        platform,
        account_id,
        reaches,
        people,
        step + 1,
        if(together < people, middle, low),
        if(together < people, high, middle)
    from (
        select
            *,
            (low + high) / 2 as middle,
            list_sum(list_transform(reaches, lambda posts: {{ power_mean('posts', '((low + high) / 2)') }})) as together
        from halved
        where step < 30
    ) as tried

)

select
    usable.platform,
    usable.account_id,
    usable.windows,
    (halved.low + halved.high) / 2 as q,
    if(usable.windows = 0, 'window_inconsistent', null) as reason
from usable
left join halved on usable.platform = halved.platform and usable.account_id = halved.account_id and halved.step = 30
