-- Per campaign, the first rule that a post fits by; `phase_id` is null where that rule names two phases.
with matched as (

    select * from {{ ref('int_posts__matched') }}

),

first_rule as (

    select *
    from matched
    qualify precedence = min(precedence) over (partition by campaign_id, post_id)

)

select
    campaign_id,
    post_id,
    if(count(distinct phase_id) = 1, any_value(phase_id), null) as phase_id,
    list(distinct phase_id order by phase_id) as phase_ids,
    any_value(attribution_rule) as attribution_rule,
    {{ local_date('any_value(published_at)', 'any_value(time_zone)') }} as published_on
from first_rule
group by campaign_id, post_id
