with campaigns as (

    select * from {{ ref('int_registry__current') }}

),

listed as (

    select
        campaign_id,
        unnest(range(1, json_array_length(body -> '$.content_types')::bigint + 1)) as rule_order,
        unnest(body -> '$.content_types[*]') as rule
    from campaigns

)

select
    campaign_id,
    rule_order,
    rule ->> '$.content_type' as content_type,
    {{ normalised("rule ->> '$.hashtag'") }} as hashtag,
    {{ normalised("rule ->> '$.keyword'") }} as keyword,
    rule ->> '$.media_format' as media_format,
    rule ->> '$.post_id' as post_id
from listed
