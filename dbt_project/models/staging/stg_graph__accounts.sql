select
    load_id,
    fetched_at,
    platform,
    account_id,
    account_name,
    followers
from {{ source('raw', 'accounts') }}
