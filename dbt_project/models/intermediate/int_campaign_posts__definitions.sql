-- How many definitions of views and of reach the posts of a set were counted by: two do not add up.
with measured as (

    select * from {{ ref('int_campaign_posts__measured') }}

),

metrics as (

    select * from {{ ref('fct_post_metrics') }}
    where metric in ('views', 'reach') and value is not null

)

select
    measured.campaign_id,
    measured.phase_id,
    measured.content_type,
    measured.platform,
    measured.ownership,
    count(distinct metrics.definition) filter (where metrics.metric = 'views') > 1
    or count(distinct metrics.definition) filter (where metrics.metric = 'reach') > 1
        as mixes_definitions
from measured
left join metrics on measured.post_id = metrics.post_id
group by all
