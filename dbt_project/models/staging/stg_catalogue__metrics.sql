select
    metric,
    definition,
    platform,
    object_kind,
    graph_name,
    string_split(nullif(products, ''), '|') as products,
    map_key,
    breakdown,
    unit,
    adds,
    shape,
    valid_from as valid_from_on,
    valid_to as valid_to_on,
    in_marts,
    meaning
from {{ source('raw', 'metrics') }}
