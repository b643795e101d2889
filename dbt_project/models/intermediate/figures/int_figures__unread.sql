-- What a figure speaks of and nobody has read yet: whole platforms, without which there is no sum, and single accounts
-- of the others, without which it is too low.
with figures as (

    select * from {{ ref('int_registry__figures') }}
    where scope <> 'unstated'

),

read as (

    select account_id from {{ ref('stg_graph__accounts') }}
    union
    select account_id from {{ ref('int_posts__newest') }}

),

accounts as (

    select
        listed.campaign_id,
        listed.platform,
        listed.account_name,
        read.account_id is not null as is_read,
        bool_or(read.account_id is not null) over (
            partition by listed.campaign_id, listed.platform
        ) as is_platform_read
    from {{ ref('int_registry__accounts') }} as listed
    left join read on listed.account_id = read.account_id

)

select
    figures.campaign_id,
    figures.figure_id,
    string_agg(
        distinct if(accounts.is_platform_read, null, accounts.platform), ', '
        order by if(accounts.is_platform_read, null, accounts.platform)
    ) as platforms,
    string_agg(
        if(accounts.is_read or not accounts.is_platform_read, null, accounts.account_name), ', '
        order by accounts.account_name
    ) as accounts
from figures
inner join accounts
    on
        figures.campaign_id = accounts.campaign_id
        and (not figures.is_of_one_platform or figures.scope = accounts.platform)
group by figures.campaign_id, figures.figure_id
