{{ config(materialized='table', meta={'is_per_post': true}) }}

-- Each post of a campaign with what it gathered, by which definitions, and the attributes that the aggregates group by.
with campaign_posts as (

    select * from {{ ref('fct_campaign_posts') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

posts as (

    select * from {{ ref('dim_posts') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

performance as (

    select * from {{ ref('fct_post_performance') }}

),

in_phase as (

    select * from {{ ref('int_campaign_posts__in_phase') }}

),

definitions as (

    select
        post_id,
        max(definition) filter (where metric = 'views') as views_definition,
        max(definition) filter (where metric = 'reach') as reach_definition
    from {{ ref('fct_post_metrics') }}
    where value is not null
    group by all

)

select
    campaign_posts.campaign_id,
    campaign_posts.phase_id,
    campaign_posts.content_type,
    campaign_posts.post_id,
    posts.platform,
    posts.account_id,
    posts.content_id,
    accounts.ownership,
    campaigns.audience_size,
    if(campaigns.audience_is_ceiling, campaigns.audience_size, null) as people_ceiling,
    posts.platform || '/' || definitions.views_definition as views_definition,
    posts.platform || '/' || definitions.reach_definition as reach_definition,
    in_phase.views_in_phase,
    performance.* exclude (post_id)
from campaign_posts
inner join campaigns on campaign_posts.campaign_id = campaigns.campaign_id
inner join posts on campaign_posts.post_id = posts.post_id
inner join accounts on posts.account_id = accounts.account_id and posts.platform = accounts.platform
inner join performance on campaign_posts.post_id = performance.post_id
inner join in_phase
    on campaign_posts.campaign_id = in_phase.campaign_id and campaign_posts.post_id = in_phase.post_id
left join definitions on campaign_posts.post_id = definitions.post_id
