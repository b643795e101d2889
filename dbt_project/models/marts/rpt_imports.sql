with imports as (

    select * from {{ ref('stg_exports__imports') }}

)

select
    landing_file,
    line_no,
    file_name,
    sha256,
    product,
    kind,
    platform,
    language,
    exported_at,
    rows,
    accepted,
    quarantined,
    not_rows,
    notes
from imports
