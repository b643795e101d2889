with quarantine as (

    select * from {{ ref('stg_landing__quarantine') }}

)

select
    landing_file,
    line_no,
    source,
    reason,
    state,
    count(*) as objects,
    min(object_id) as object_id,
    min(seen_at) as seen_at
from quarantine
group by all
