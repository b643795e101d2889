with activities as (

    select * from {{ ref('int_registry__activities') }}

)

select
    campaign_id,
    activity_id,
    phase_id,
    activity_name,
    kind,
    held_on,
    place,
    times
from activities
