-- What the platform says a post is, and which content it carries: the same words on several accounts are one content.
-- Hashtags alone are no words: many a picture has nothing else.
with posts as (

    select * from {{ ref('int_posts__newest') }}

)

select
    post_id,
    platform,
    account_id,
    permalink,
    published_at,
    message,
    {{ normalised('message') }} as words,
    case
        when platform = 'instagram'
            then case
                when media_product_type in ('STORY', 'REELS')
                    then if(media_product_type = 'STORY', 'story', 'reel')
                when media_type = 'CAROUSEL_ALBUM' then 'carousel'
                when media_type = 'VIDEO' then 'video'
                else 'photo'
            end
        when media_product_type in ('STORY', 'REELS')
            then if(media_product_type = 'STORY', 'story', 'reel')
        when permalink like '%/reel/%' then 'reel'
        when attachment_type like '%live%' then 'live'
        when attachment_media_type = 'album' or subattachments > 1 then 'carousel'
        when attachment_media_type = 'photo' then 'photo'
        when attachment_media_type = 'video' or permalink like '%/videos/%' then 'video'
        when attachment_media_type = 'link' then 'link'
        else 'text'
    end as media_format,
    if(
        regexp_matches(
            regexp_replace({{ normalised('message') }}, '#[\p{L}\p{M}\p{N}_]+', '', 'g'), '[\p{L}\p{N}]'
        ),
        'c' || left(md5(regexp_replace({{ normalised('message') }}, '\s+', ' ', 'g')), 16),
        post_id
    ) as content_id,
    content_type as stated_content_type
from posts
