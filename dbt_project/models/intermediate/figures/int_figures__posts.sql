-- The posts that each figure speaks of: of its campaign, phase and platform, or the one post that it names, published
-- by the day of the figure where it has one.
with figures as (

    select * from {{ ref('int_registry__figures') }}
    where metric not in ('people_in_activity', 'meetings', 'survey_share', 'survey_change')

),

campaign_posts as (

    select * from {{ ref('fct_campaign_posts') }}

),

posts as (

    select * from {{ ref('int_posts__described') }}

)

select
    figures.campaign_id,
    figures.figure_id,
    figures.metric,
    figures.as_of_on,
    posts.platform,
    posts.post_id
from figures
inner join campaign_posts
    on
        figures.campaign_id = campaign_posts.campaign_id
        and (figures.phase_id is null or figures.phase_id = campaign_posts.phase_id)
        and (figures.as_of_on is null or campaign_posts.published_on <= figures.as_of_on)
        and (figures.metric <> 'reach' or figures.post_id = campaign_posts.post_id)
inner join posts
    on
        campaign_posts.post_id = posts.post_id
        and (not figures.is_of_one_platform or figures.scope = posts.platform)
