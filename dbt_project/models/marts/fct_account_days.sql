with observed as (

    select * from {{ ref('int_account_days__observed') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

)

select
    observed.account_id,
    observed.day_on,
    accounts.platform,
    max(observed.value) filter (where observed.metric = 'reach' and observed.period = 'day') as reach_day,
    max(observed.value) filter (where observed.metric = 'reach' and observed.period = 'week') as reach_week,
    max(observed.value) filter (where observed.metric = 'reach' and observed.period = 'days_28') as reach_28_days,
    max(observed.value) filter (where observed.metric = 'views' and observed.period = 'day') as views,
    max(observed.value) filter (where observed.metric = 'followers') as followers,
    max(observed.fetched_at) as fetched_at
from observed
inner join accounts on observed.account_id = accounts.account_id
group by all
