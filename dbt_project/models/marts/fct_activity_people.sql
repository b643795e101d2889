with activities as (

    select * from {{ ref('int_activities__newest') }}

),

listed as (

    select
        campaign_id,
        activity_id,
        unnest(people -> '$[*]') as attended
    from activities

)

select
    campaign_id,
    activity_id,
    coalesce(attended ->> '$.sex', 'not_counted_apart') as sex,
    coalesce(attended ->> '$.age_group', 'not_counted_apart') as age_group,
    (attended ->> '$.people')::bigint as people,
    attended ->> '$.qualifier' as qualifier
from listed
