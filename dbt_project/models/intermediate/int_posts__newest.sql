{{ config(materialized='incremental', incremental_strategy='merge', unique_key='post_id') }}

-- Each post as it was last seen; what the API says of it wins over what an export does, which knows less.
with fresh as (

    select * from {{ ref('stg_graph__posts') }}
    {% if is_incremental() %}
        where load_id > (select coalesce(max(seen.load_id), 0) from {{ this }} as seen)
    {% endif %}

),

known as (

    select * from fresh
    {% if is_incremental() %}
        union all by name
        select this.* from {{ this }} as this
        where this.post_id in (select fresh.post_id from fresh)
    {% endif %}

)

select *
from known
qualify row_number() over (
    partition by post_id
    order by coalesce(source = 'export', false), fetched_at desc, load_id desc
) = 1
