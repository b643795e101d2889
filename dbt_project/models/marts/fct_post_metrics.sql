{{ config(meta={'is_per_post': true}) }}

with expected as (

    select * from {{ ref('int_post_metrics__expected') }}

)

select
    post_id,
    metric,
    value,
    status,
    definition,
    graph_name,
    source,
    fetched_at
from expected
