{% set first_days = 30 %}

with observed as (

    select * from {{ ref('int_post_days__observed') }}

),

published as (

    select * from {{ ref('int_post_days__published') }}

),

cumulative as (

    select
        post_id,
        day_on,
        max(value) filter (where metric = 'views') as views,
        max(value) filter (where metric = 'reach') as reach,
        max(value) filter (where metric in ('reactions'))
        + max(value) filter (where metric = 'comments')
        + max(value) filter (where metric = 'shares')
        + coalesce(max(value) filter (where metric = 'saves'), 0) as engagements
    from observed
    group by all

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
    cumulative.post_id is not null as is_observed
from days
inner join published on days.post_id = published.post_id
left join cumulative on days.post_id = cumulative.post_id and days.day_on = cumulative.day_on
left join cumulative as before on days.post_id = before.post_id and days.day_on - 1 = before.day_on
