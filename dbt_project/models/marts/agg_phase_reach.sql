with measured as (

    select * from {{ ref('int_campaign_posts__measured') }}

),

phases as (

    select
        phases.*,
        campaigns.time_zone
    from {{ ref('dim_phases') }} as phases
    inner join {{ ref('dim_campaigns') }} as campaigns on phases.campaign_id = campaigns.campaign_id

),

summed as (

    select
        campaign_id,
        phase_id,
        {{ reach_sums() }},
        sum(reactions) as reactions,
        sum(comments) as comments,
        sum(shares) as shares,
        sum(saves) as saves,
        sum(clicks) as clicks
    from measured
    group by campaign_id, phase_id

),

-- A phase that has no posts yet is there all the same: its target runs.
all_phases as (

    select * from summed
    union all by name
    select
        phases.campaign_id,
        phases.phase_id,
        0 as posts,
        0 as contents,
        0 as posts_without_views,
        0 as posts_without_impressions,
        0 as posts_without_reach,
        0 as posts_without_engagements,
        false as mixes_definitions
    from phases
    anti join summed on phases.campaign_id = summed.campaign_id and phases.phase_id = summed.phase_id

),

people as (

    select * from {{ ref('int_reach_sets__people') }}
    where phase_id is not null

),

newest as (

    select max(fetched_at) as known_at from {{ ref('fct_post_performance') }}

),

paced as (

    select
        phases.*,
        {{ local_date('newest.known_at', 'phases.time_zone') }} - phases.starts_on + 1 as days_run,
        phases.ends_on - phases.starts_on + 1 as days
    from phases
    cross join newest

)

select
    all_phases.* exclude (
        people_reached_lower, people_reached_upper, reactions, comments, shares, saves, clicks
    ),
    people.people_reached_lower,
    people.people_reached_upper,
    if(all_phases.posts = 0, 'no_posts', people.upper_reason) as upper_reason,
    paced.target_metric,
    paced.target_value,
    round(
        100 * case paced.target_metric
            when 'views' then all_phases.views
            when 'impressions' then all_phases.impressions
            when 'duplicated_reach' then all_phases.duplicated_reach
            when 'engagements' then all_phases.engagements
            when 'reactions' then all_phases.reactions
            when 'comments' then all_phases.comments
            when 'shares' then all_phases.shares
            when 'saves' then all_phases.saves
            when 'clicks' then all_phases.clicks
        end / nullif(paced.target_value, 0),
        2
    )::double as attainment_pct,
    if(
        paced.days_run is null, null,
        paced.target_value * greatest(0, least(1, paced.days_run / paced.days))
    ) as target_expected
from all_phases
inner join paced on all_phases.campaign_id = paced.campaign_id and all_phases.phase_id = paced.phase_id
left join people on all_phases.campaign_id = people.campaign_id and all_phases.phase_id = people.phase_id
