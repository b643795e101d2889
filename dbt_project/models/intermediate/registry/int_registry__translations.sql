with campaigns as (

    select * from {{ ref('int_registry__current') }}

),

languages as (

    select
        campaign_id,
        unnest(
            map_entries(json_transform(body -> '$.translations', '"MAP(VARCHAR, MAP(VARCHAR, VARCHAR))"')),
            recursive := true
        )
    from campaigns

),

texts as (

    select
        campaign_id,
        key as language,
        unnest(map_entries(value)) as entry
    from languages

)

select
    campaign_id,
    language,
    entry.key as text,
    entry.value as translation
from texts
