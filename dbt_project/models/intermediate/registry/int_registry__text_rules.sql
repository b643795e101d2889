-- Hashtags of the campaign, and hashtags and keywords of its attribution rules, side by side.
-- Empty lists of phases or accounts mean all of the campaign's.
with campaigns as (

    select * from {{ ref('int_registry__current') }}

),

listed as (

    select
        campaign_id,
        'hashtag' as attribution_rule,
        unnest(body ->> '$.hashtags[*]') as words,
        null::json as rule
    from campaigns

    union all by name

    select
        campaign_id,
        'hashtag' as attribution_rule,
        unnest(body -> '$.attribution.hashtags[*]') as rule,
        rule ->> '$.hashtag' as words
    from campaigns

    union all by name

    select
        campaign_id,
        'keyword' as attribution_rule,
        unnest(body -> '$.attribution.keywords[*]') as rule,
        rule ->> '$.keyword' as words
    from campaigns

)

select
    campaign_id,
    attribution_rule,
    {{ normalised('words') }} as words,
    coalesce(rule ->> '$.phase_ids[*]', []) as phase_ids,
    coalesce(rule ->> '$.account_ids[*]', []) as account_ids
from listed
