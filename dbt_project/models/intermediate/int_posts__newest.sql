{% set keys = ['post_id'] %}
{{ config(materialized='incremental', incremental_strategy='merge', unique_key=keys) }}

-- Each post as it was last seen; what the API says of it wins over what an export does, which knows less.
with fresh as (

    select * from {{ ref('stg_graph__posts') }}
    where true {{ loaded_since_last_build() }}

),

known as (

    {{ fresh_and_known(keys) }}

)

select *
from known
qualify row_number() over (
    partition by post_id
    order by coalesce(source = 'export', false), fetched_at desc, load_id desc
) = 1
