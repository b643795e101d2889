-- The campaign files as they were last landed: one registry hash is one state of all files together.
with campaigns as (

    select * from {{ ref('stg_registry__campaigns') }}

),

newest as (

    select arg_max(registry_sha256, (fetched_at, load_id)) as registry_sha256
    from campaigns

)

select campaigns.*
from campaigns
inner join newest using (registry_sha256)
qualify row_number() over (partition by campaign_id order by load_id desc) = 1
