with campaigns as (

    select * from {{ ref('int_registry__current') }}

),

listed as (

    select
        campaign_id,
        time_zone,
        unnest(range(1, json_array_length(body -> '$.phases')::bigint + 1)) as phase_order,
        unnest(body -> '$.phases[*]') as phase
    from campaigns

)

select
    campaign_id,
    time_zone,
    phase ->> '$.phase_id' as phase_id,
    phase ->> '$.phase_name' as phase_name,
    phase_order::integer as phase_order,
    (phase ->> '$.starts_on')::date as starts_on,
    (phase ->> '$.ends_on')::date as ends_on,
    phase ->> '$.target.metric' as target_metric,
    (phase ->> '$.target.value')::double as target_value
from listed
