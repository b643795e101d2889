{% set keys = ['object_id', 'metric', 'is_exported'] %}
{{ config(materialized='incremental', incremental_strategy='merge', unique_key=keys) }}

-- The last number of each post that the API gave and the last that an export did, side by side.
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
        {{ loaded_since_last_build() }}

),

known as (

    {{ fresh_and_known(keys) }}

)

select *
from known
qualify row_number() over (partition by {{ keys | join(', ') }} order by fetched_at desc, load_id desc) = 1
