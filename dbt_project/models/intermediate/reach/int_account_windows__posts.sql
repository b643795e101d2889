-- Every post that an account published within a window, of a campaign or not, with its reach.
with windows as (

    select * from {{ ref('int_account_windows') }}

),

posts as (

    select * from {{ ref('int_posts__described') }}

),

reach as (

    select * from {{ ref('int_snapshots__newest') }}
    where object_kind = 'post' and metric = 'reach'

)

select
    windows.platform,
    windows.account_id,
    windows.window_no,
    posts.post_id,
    if(reach.value >= 0, reach.value, null)::double as reach
from windows
inner join posts
    on
        windows.account_id = posts.account_id
        and {{ meta_date('posts.published_at') }} >= windows.starts_on
        and {{ meta_date('posts.published_at') }} < windows.ends_on
left join reach on posts.post_id = reach.object_id
