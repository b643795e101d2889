with measured as (

    select * from {{ ref('int_campaign_posts__measured') }}

),

summed as (

    select
        campaign_id,
        phase_id,
        {{ reach_sums() }}
    from measured
    group by campaign_id, phase_id

),

phases as (

    select * from {{ ref('dim_phases') }}

),

people as (

    select * from {{ ref('int_reach_sets__people') }}
    where phase_id is not null

),

newest as (

    select max(fetched_at)::date as known_on from {{ ref('fct_post_performance') }}

)

select
    summed.* exclude (people_reached_lower, people_reached_upper),
    people.people_reached_lower,
    people.people_reached_upper,
    people.upper_reason,
    phases.target_metric,
    phases.target_value,
    round(
        100 * case phases.target_metric
            when 'views' then summed.views
            when 'impressions' then summed.impressions
            when 'duplicated_reach' then summed.duplicated_reach
            when 'engagements' then summed.engagements
        end / phases.target_value,
        2
    )::double as attainment_pct,
    phases.target_value * greatest(
        0, least(1, (newest.known_on - phases.starts_on + 1) / (phases.ends_on - phases.starts_on + 1))
    ) as target_expected
from summed
inner join phases on summed.campaign_id = phases.campaign_id and summed.phase_id = phases.phase_id
inner join people on summed.campaign_id = people.campaign_id and summed.phase_id = people.phase_id
cross join newest
