select
    load_id,
    landing_file,
    line_no,
    imported_at,
    exported_at,
    platform,
    file_name,
    sha256,
    kind,
    product,
    language,
    rows,
    accepted,
    quarantined,
    not_rows,
    nullif(notes, '') as notes
from {{ source('raw', 'imports') }}
