with campaigns as (

    select * from {{ ref('int_registry__current') }}

),

listed as (

    select
        campaign_id,
        body ->> '$.accounts[*].platform' as platforms,
        unnest(body -> '$.published_figures[*]') as figure
    from campaigns

)

select
    campaign_id,
    figure ->> '$.figure_id' as figure_id,
    figure ->> '$.phase_id' as phase_id,
    figure ->> '$.as_published' as as_published,
    (figure ->> '$.published_value')::double as published_value,
    figure ->> '$.qualifier' as qualifier,
    figure ->> '$.unit' as unit,
    figure ->> '$.metric' as metric,
    figure ->> '$.scope' as scope,
    (figure ->> '$.is_duplicated')::boolean as is_duplicated,
    (figure ->> '$.as_of_on')::date as as_of_on,
    figure ->> '$.source' as source_document,
    figure ->> '$.label_problem' as label_problem,
    figure ->> '$.post_id' as post_id,
    figure ->> '$.activity_id' as activity_id,
    figure ->> '$.age_group' as age_group,
    figure ->> '$.indicator' as indicator,
    figure ->> '$.respondents' as respondents,
    figure ->> '$.wave' as wave,
    list_contains(platforms, figure ->> '$.scope') as is_of_one_platform
from listed
