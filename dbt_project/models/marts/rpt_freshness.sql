with accounts as (

    select * from {{ ref('dim_accounts') }}

),

read as (

    select
        account_id,
        platform,
        max(fetched_at) as newest_fetched_at
    from {{ ref('stg_graph__accounts') }}
    group by all

)

select
    accounts.account_id,
    accounts.platform,
    accounts.account_name,
    read.newest_fetched_at,
    case
        when read.newest_fetched_at is not null then null
        when accounts.platform in ('facebook', 'instagram') then 'It was never read: campaign-reach check says why.'
        else 'No source of this platform has been imported yet.'
    end as reason
from accounts
left join read on accounts.account_id = read.account_id and accounts.platform = read.platform
