-- What each post had gathered by the end of each day on which it was read. Counters only grow; one that fell was
-- corrected by Meta: it is kept as it came, and marked.
with observed as (

    select * from {{ ref('int_post_days__observed') }}

),

wide as (

    select
        post_id,
        day_on,
        max(value) filter (where metric = 'views') as views,
        max(value) filter (where metric = 'reach') as reach,
        max(value) filter (where metric = 'reactions')
        + max(value) filter (where metric = 'comments')
        + max(value) filter (where metric = 'shares')
        + coalesce(max(value) filter (where metric = 'saves'), 0) as engagements
    from observed
    group by all

)

select
    *,
    coalesce(views < max(views) over earlier, false)
    or coalesce(reach < max(reach) over earlier, false)
    or coalesce(engagements < max(engagements) over earlier, false) as has_fallen
from wide
window earlier as (partition by post_id order by day_on rows between unbounded preceding and 1 preceding)
