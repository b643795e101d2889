{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key=['object_kind', 'object_id', 'metric']
    )
}}

-- The last number that was reported, or the last reason why there is none: a deleted post keeps its numbers. Of one
-- day, what the API said wins over what was exported.
-- Only what was loaded since the last build is merged, so that the cost does not grow with history.
with fresh as (

    select * from {{ ref('int_snapshots__defined') }}
    where
        window_ends_at is null
        {% if is_incremental() %}
            and load_id > (select coalesce(max(seen.load_id), 0) from {{ this }} as seen)
        {% endif %}

),

known as (

    select * from fresh
    {% if is_incremental() %}
        union all by name
        select this.* from {{ this }} as this
        where (this.object_kind, this.object_id, this.metric) in (
            select (fresh.object_kind, fresh.object_id, fresh.metric) from fresh
        )
    {% endif %}

)

select *
from known
qualify row_number() over (
    partition by object_kind, object_id, metric
    order by
        value is not null desc,
        fetched_at::date desc,
        coalesce(source = 'export', false),
        fetched_at desc,
        load_id desc
) = 1
