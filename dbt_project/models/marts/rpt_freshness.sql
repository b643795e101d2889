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

),

-- Meta lists about 600 posts of a year: an account that has as many probably has more.
full_years as (

    select
        account_id,
        platform,
        max(year) as year
    from (
        select
            account_id,
            platform,
            year(published_at) as year
        from {{ ref('dim_posts') }}
        where platform = 'facebook'
        group by all
        having count(*) >= 600
    )
    group by all

)

select
    accounts.account_id,
    accounts.platform,
    accounts.account_name,
    read.newest_fetched_at,
    case
        when full_years.year is not null
            then
                'Meta lists about 600 posts of a year: of '
                || full_years.year || ' some may be missing. Import an export.'
        when read.newest_fetched_at is not null then null
        when accounts.platform in ('facebook', 'instagram') then 'It was never read: campaign-reach check says why.'
        else 'No source of this platform has been imported yet.'
    end as reason
from accounts
left join read on accounts.account_id = read.account_id and accounts.platform = read.platform
left join full_years on accounts.account_id = full_years.account_id and accounts.platform = full_years.platform
