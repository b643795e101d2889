-- Each post of a campaign with what it gathered, and with the attributes that the aggregates group by.
with campaign_posts as (

    select * from {{ ref('fct_campaign_posts') }}

),

posts as (

    select * from {{ ref('dim_posts') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

performance as (

    select * from {{ ref('fct_post_performance') }}

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
    performance.* exclude (post_id)
from campaign_posts
inner join posts on campaign_posts.post_id = posts.post_id
inner join accounts on posts.account_id = accounts.account_id and posts.platform = accounts.platform
inner join performance on campaign_posts.post_id = performance.post_id
