-- The day on which each post was published, in the time zone of its account's campaigns.
with posts as (

    select * from {{ ref('int_posts__described') }}

),

zones as (

    select
        accounts.account_id,
        min(campaigns.time_zone) as time_zone
    from {{ ref('int_registry__accounts') }} as accounts
    inner join {{ ref('int_registry__current') }} as campaigns on accounts.campaign_id = campaigns.campaign_id
    group by all

)

select
    posts.post_id,
    {{ local_date('posts.published_at', 'zones.time_zone') }} as published_on
from posts
inner join zones on posts.account_id = zones.account_id
