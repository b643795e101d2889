{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key=['post_id', 'metric', 'day_on']
    )
}}

-- The last number of each post and metric on each day on which it was read, in the zone of the account's campaigns. Of
-- one day, what the API said wins over what was exported.
-- Only what was loaded since the last build is merged, so that the cost does not grow with history.
with snapshots as (

    select * from {{ ref('int_snapshots__defined') }}
    where
        object_kind = 'post'
        and value is not null
        {% if is_incremental() %}
            and load_id > (select coalesce(max(seen.load_id), 0) from {{ this }} as seen)
        {% endif %}

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

    select * from fresh
    {% if is_incremental() %}
        union all by name
        select this.* from {{ this }} as this
        where (this.post_id, this.metric, this.day_on) in (
            select (fresh.post_id, fresh.metric, fresh.day_on) from fresh
        )
    {% endif %}

)

select *
from known
qualify row_number() over (
    partition by post_id, metric, day_on
    order by coalesce(source = 'export', false), fetched_at desc, load_id desc
) = 1
