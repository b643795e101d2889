{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key=['object_id', 'metric', 'is_exported']
    )
}}

-- The last number of each post that the API gave and the last that an export did, side by side. Only what was loaded
-- since the last build is merged, so that the cost does not grow with history.
with fresh as (

    select
        load_id,
        fetched_at,
        object_id,
        metric,
        definition,
        coalesce(source = 'export', false) as is_exported,
        value
    from {{ ref('int_snapshots__defined') }}
    where
        object_kind = 'post'
        and window_ends_at is null
        and value is not null
        {% if is_incremental() %}
            and load_id > (select coalesce(max(seen.load_id), 0) from {{ this }} as seen)
        {% endif %}

),

known as (

    select * from fresh
    {% if is_incremental() %}
        union all by name
        select this.* from {{ this }} as this
        where (this.object_id, this.metric, this.is_exported) in (
            select (fresh.object_id, fresh.metric, fresh.is_exported) from fresh
        )
    {% endif %}

)

select *
from known
qualify row_number() over (partition by object_id, metric, is_exported order by fetched_at desc, load_id desc) = 1
