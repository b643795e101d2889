{% set keys = ['post_id', 'metric', 'day_on'] %}
{{ config(materialized='incremental', incremental_strategy='merge', unique_key=keys) }}

-- The last number of each post and metric on each day on which it was read, in the zone of the account's campaigns. Of
-- one day, what the API said wins over what was exported.
with snapshots as (

    select * from {{ ref('int_snapshots__defined') }}
    where
        object_kind = 'post'
        and value is not null
        {{ loaded_since_last_build() }}

),

zones as (

    select
        accounts.account_id,
        min(campaigns.time_zone) as time_zone
    from {{ ref('int_registry__accounts') }} as accounts
    inner join {{ ref('int_registry__current') }} as campaigns on accounts.campaign_id = campaigns.campaign_id
    group by all

),

fresh as (

    select
        snapshots.load_id,
        snapshots.object_id as post_id,
        snapshots.metric,
        {{ local_date('snapshots.fetched_at', 'zones.time_zone') }} as day_on,
        snapshots.fetched_at,
        snapshots.source,
        snapshots.value
    from snapshots
    inner join zones on snapshots.account_id = zones.account_id

),

known as (

    {{ fresh_and_known(keys) }}

)

select *
from known
qualify row_number() over (
    partition by post_id, metric, day_on
    order by coalesce(source = 'export', false), fetched_at desc, load_id desc
) = 1
