with posts as (

    select * from {{ ref('int_posts__described') }}

)

select
    post_id,
    platform,
    account_id,
    permalink,
    published_at,
    media_format,
    content_id,
    null::timestamp as deleted_seen_at
from posts
