with campaigns as (

    select * from {{ ref('int_registry__current') }}

),

listed as (

    select
        campaign_id,
        unnest(body -> '$.activities[*]') as activity
    from campaigns

)

select
    campaign_id,
    activity ->> '$.activity_id' as activity_id,
    activity ->> '$.activity_name' as activity_name,
    activity ->> '$.kind' as kind,
    activity ->> '$.phase_id' as phase_id,
    (activity ->> '$.held_on')::date as held_on,
    activity ->> '$.place' as place,
    (activity ->> '$.times')::bigint as times,
    activity -> '$.people' as people
from listed
