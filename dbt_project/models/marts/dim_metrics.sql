with metrics as (

    select * from {{ ref('stg_catalogue__metrics') }}

)

select
    metric,
    definition,
    platform,
    object_kind,
    graph_name,
    unit,
    adds,
    min(valid_from_on) as valid_from_on,
    if(bool_or(valid_to_on is null), null, max(valid_to_on)) as valid_to_on,
    any_value(meaning) as meaning
from metrics
group by all
