-- What each campaign calls a post: by the first of its rules that holds, else as the table says that it was brought in
-- with, else by the media format.
with attributed as (

    select * from {{ ref('int_posts__attributed') }}

),

posts as (

    select * from {{ ref('int_posts__described') }}

),

rules as (

    select * from {{ ref('int_registry__content_types') }}

),

ruled as (

    select
        attributed.campaign_id,
        attributed.post_id,
        posts.media_format,
        posts.stated_content_type,
        rules.rule_order,
        rules.content_type
    from attributed
    inner join posts on attributed.post_id = posts.post_id
    left join rules
        on
            attributed.campaign_id = rules.campaign_id
            and (rules.hashtag is null or list_contains({{ hashtags('posts.words') }}, rules.hashtag))
            and (rules.keyword is null or contains(posts.words, rules.keyword))
            and (rules.media_format is null or posts.media_format = rules.media_format)
            and (rules.post_id is null or posts.post_id = rules.post_id)

)

select
    campaign_id,
    post_id,
    coalesce(
        arg_min(content_type, rule_order),
        any_value(stated_content_type),
        if(any_value(media_format) = 'photo', 'poster', any_value(media_format))
    ) as content_type
from ruled
group by campaign_id, post_id
