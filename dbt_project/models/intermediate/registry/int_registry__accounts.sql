with campaigns as (

    select * from {{ ref('int_registry__current') }}

),

listed as (

    select
        campaign_id,
        unnest(body -> '$.accounts[*]') as account
    from campaigns

)

select
    campaign_id,
    account ->> '$.account_id' as account_id,
    account ->> '$.platform' as platform,
    account ->> '$.account_name' as account_name,
    account ->> '$.ownership' as ownership
from listed
