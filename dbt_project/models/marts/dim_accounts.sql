with accounts as (

    select * from {{ ref('int_registry__accounts') }}

)

select distinct
    account_id,
    platform,
    account_name,
    ownership
from accounts
