{{ config(meta={'is_per_post': true}) }}

with posts as (

    select * from {{ ref('dim_posts') }}

),

accounts as (

    select * from {{ ref('int_registry__accounts') }}

),

phases as (

    select * from {{ ref('int_registry__phases') }}

),

matched as (

    select
        campaign_id,
        post_id
    from {{ ref('fct_campaign_posts') }}
    union all
    select
        campaign_id,
        post_id
    from {{ ref('rpt_attribution_conflicts') }}

),

performance as (

    select * from {{ ref('fct_post_performance') }}

)

select
    phases.campaign_id,
    phases.phase_id,
    posts.post_id,
    posts.account_id,
    posts.permalink,
    {{ local_date('posts.published_at', 'phases.time_zone') }} as published_on,
    performance.views,
    'It was published inside the phase on one of its accounts and fits none of its rules: perhaps a hashtag was '
    || 'forgotten. Name it under attribution.posts in campaigns/' || phases.campaign_id
    || '.yml, or leave it.' as what_to_do
from posts
inner join accounts on posts.account_id = accounts.account_id and posts.platform = accounts.platform
inner join phases
    on
        accounts.campaign_id = phases.campaign_id
        and {{ local_date('posts.published_at', 'phases.time_zone') }} between phases.starts_on and phases.ends_on
inner join performance on posts.post_id = performance.post_id
anti join matched
    on phases.campaign_id = matched.campaign_id and posts.post_id = matched.post_id
