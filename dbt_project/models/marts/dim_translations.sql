with translations as (

    select * from {{ ref('int_registry__translations') }}

)

select
    campaign_id,
    language,
    text,
    translation
from translations
