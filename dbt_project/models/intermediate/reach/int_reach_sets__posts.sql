-- The sets of posts whose people are asked for: each phase, and each campaign as a whole (phase_id is null then).
with measured as (

    select * from {{ ref('int_campaign_posts__measured') }}

),

posts as (

    select * from {{ ref('dim_posts') }}

),

members as (

    select
        measured.campaign_id,
        measured.phase_id,
        measured.platform,
        measured.account_id,
        measured.post_id,
        if(measured.reach >= 0, measured.reach, null)::double as reach,
        {{ meta_date('posts.published_at') }} as published_on,
        {{ meta_date('measured.fetched_at') }} as measured_on,
        measured.people_ceiling,
        measured.audience_size
    from measured
    inner join posts on measured.post_id = posts.post_id

)

select * from members
union all by name
select * replace (null as phase_id) from members
