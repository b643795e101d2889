{{ config(meta={'is_per_post': true}) }}

with attributed as (

    select * from {{ ref('int_posts__attributed') }}
    where phase_id is not null

),

content_types as (

    select * from {{ ref('int_posts__content_typed') }}

)

select
    attributed.campaign_id,
    attributed.phase_id,
    attributed.post_id,
    attributed.published_on,
    content_types.content_type,
    attributed.attribution_rule,
    count(*) over (partition by attributed.post_id) > 1 as is_shared
from attributed
inner join content_types
    on
        attributed.campaign_id = content_types.campaign_id
        and attributed.post_id = content_types.post_id
