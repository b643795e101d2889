select
    metric,
    definition,
    platform,
    object_kind,
    graph_name,
    map_key,
    unit,
    adds,
    shape,
    valid_from as valid_from_on,
    valid_to as valid_to_on,
    meaning
from {{ source('raw', 'metrics') }}
