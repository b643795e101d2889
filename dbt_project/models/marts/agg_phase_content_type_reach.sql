with measured as (

    select * from {{ ref('int_campaign_posts__measured') }}

),

summed as (

    select
        campaign_id,
        phase_id,
        content_type,
        platform,
        ownership,
        {{ reach_sums() }}
    from measured
    group by campaign_id, phase_id, content_type, platform, ownership

)

select * from summed
