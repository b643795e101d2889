select
    load_id,
    fetched_at,
    source,
    platform,
    account_id,
    post_id,
    try_cast(published_at as timestamptz) at time zone 'UTC' as published_at,
    message,
    permalink,
    status_type,
    attachment_media_type,
    attachment_type,
    subattachments,
    media_type,
    media_product_type,
    content_type
from {{ source('raw', 'posts') }}
