-- Windows of 28 days that follow each other without gap or overlap, and whom the account reached in each, each person
-- once. They begin on the same days for ever, so that a number does not change because a day has passed.
with days as (

    select * from {{ ref('int_account_days__observed') }}
    where metric = 'reach' and period = 'days_28'

)

select
    platform,
    account_id,
    (day_on - date '2000-01-01') // 28 as window_no,
    day_on - 27 as starts_on,
    day_on + 1 as ends_on,
    value::double as window_reach
from days
where (day_on - date '2000-01-01') % 28 = 27
