{{ config(materialized='incremental', incremental_strategy='merge', unique_key='post_id') }}

-- When Meta last said of a post that it is not there any more.
select
    object_id as post_id,
    max(fetched_at) as missed_at,
    max(load_id) as load_id
from {{ ref('stg_graph__snapshots') }}
where
    object_kind = 'post'
    and reason = 'post_deleted'
    {{ loaded_since_last_build() }}
group by object_id
