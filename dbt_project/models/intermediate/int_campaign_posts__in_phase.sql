-- What each post gathered inside its phase's dates: what it had on the last day, less what it had before the first.
-- Null when one of these days was not observed.
with campaign_posts as (

    select * from {{ ref('fct_campaign_posts') }}

),

phases as (

    select * from {{ ref('dim_phases') }}

),

days as (

    select * from {{ ref('fct_post_days') }}
    where is_observed

)

select
    campaign_posts.campaign_id,
    campaign_posts.post_id,
    at_end.views - if(campaign_posts.published_on >= phases.starts_on, 0, before_start.views) as views_in_phase
from campaign_posts
inner join phases
    on campaign_posts.campaign_id = phases.campaign_id and campaign_posts.phase_id = phases.phase_id
left join days as at_end on campaign_posts.post_id = at_end.post_id and phases.ends_on = at_end.day_on
left join days as before_start
    on campaign_posts.post_id = before_start.post_id and phases.starts_on - 1 = before_start.day_on
