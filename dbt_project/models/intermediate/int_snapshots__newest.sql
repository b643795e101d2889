{% set keys = ['object_kind', 'object_id', 'metric'] %}
{{ config(materialized='incremental', incremental_strategy='merge', unique_key=keys) }}

-- The last number that was reported, or the last reason why there is none: a deleted post keeps its numbers. Of one
-- day, what the API said wins over what was exported.
with fresh as (

    select * from {{ ref('int_snapshots__defined') }}
    where
        window_ends_at is null
        {{ loaded_since_last_build() }}

),

known as (

    {{ fresh_and_known(keys) }}

)

select *
from known
qualify row_number() over (
    partition by {{ keys | join(', ') }}
    order by
        value is not null desc,
        fetched_at::date desc,
        coalesce(source = 'export', false),
        fetched_at desc,
        load_id desc
) = 1
