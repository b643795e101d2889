{{ config(meta={'is_per_post': true}) }}

with posts as (

    select * from {{ ref('int_posts__described') }}

),

newest as (

    select * from {{ ref('int_posts__newest') }}

),

deleted as (

    select * from {{ ref('int_posts__deleted') }}

)

select
    posts.post_id,
    posts.platform,
    posts.account_id,
    posts.permalink,
    posts.published_at,
    posts.media_format,
    posts.content_id,
    if(deleted.missed_at > newest.fetched_at, deleted.missed_at, null) as deleted_seen_at
from posts
inner join newest on posts.post_id = newest.post_id
left join deleted on posts.post_id = deleted.post_id
