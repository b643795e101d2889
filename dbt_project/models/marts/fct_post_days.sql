{{ config(meta={'is_per_post': true}) }}

{% set first_days = 30 %}

with published as (

    select * from {{ ref('int_post_days__published') }}

),

cumulative as (

    select * from {{ ref('int_post_days__cumulative') }}

),

days as (

    select
        post_id,
        unnest(range(published_on, published_on + {{ first_days }}, interval 1 day))::date as day_on
    from published

    union

    select
        post_id,
        day_on
    from cumulative

)

select
    days.post_id,
    days.day_on,
    cumulative.views,
    cumulative.reach,
    cumulative.engagements,
    cumulative.views - if(days.day_on = published.published_on, 0, before.views) as views_increase,
    cumulative.engagements - if(days.day_on = published.published_on, 0, before.engagements) as engagements_increase,
    cumulative.post_id is not null as is_observed,
    coalesce(cumulative.has_fallen, false) as has_fallen
from days
inner join published on days.post_id = published.post_id
left join cumulative on days.post_id = cumulative.post_id and days.day_on = cumulative.day_on
left join cumulative as before on days.post_id = before.post_id and days.day_on - 1 = before.day_on
