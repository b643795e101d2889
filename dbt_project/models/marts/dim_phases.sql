with phases as (

    select * from {{ ref('int_registry__phases') }}

)

select
    phase_id,
    campaign_id,
    phase_name,
    phase_order,
    starts_on,
    ends_on,
    target_metric,
    target_value
from phases
