with campaigns as (

    select * from {{ ref('int_registry__current') }}

),

listed as (

    select
        campaign_id,
        unnest(body -> '$.attribution.posts[*]') as rule
    from campaigns

)

select
    campaign_id,
    rule ->> '$.phase_id' as phase_id,
    rule ->> '$.post_id' as post_id,
    rule ->> '$.permalink' as permalink
from listed
