{% set keys = ['account_id', 'metric', 'period', 'day_on'] %}
{{ config(materialized='incremental', incremental_strategy='merge', unique_key=keys) }}

-- The newest number of each account, metric and period for the day that the period ends with; Meta corrects days late.
-- Meta's day is California's. Facebook names the end of the day, Instagram the day itself.
with fresh as (

    select
        load_id,
        account_id,
        platform,
        metric,
        period,
        (window_ends_at at time zone 'UTC' at time zone 'America/Los_Angeles')::date
        - if(platform = 'facebook', 1, 0) as day_on,
        fetched_at,
        value
    from {{ ref('int_snapshots__defined') }}
    where
        object_kind = 'account'
        and window_ends_at is not null
        and period in ('day', 'week', 'days_28')
        {{ loaded_since_last_build() }}

),

known as (

    {{ fresh_and_known(keys) }}

)

select *
from known
qualify row_number() over (
    partition by account_id, metric, period, day_on
    order by value is not null desc, fetched_at desc, load_id desc
) = 1
