with activities as (

    select * from {{ ref('int_activities__newest') }}

)

select
    campaign_id,
    activity_id,
    phase_id,
    activity_name,
    kind,
    held_on,
    place,
    times,
    source
from activities
