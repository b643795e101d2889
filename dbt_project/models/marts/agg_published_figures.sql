with figures as (

    select
        *,
        {{ published_step('published_value') }} as step
    from {{ ref('int_figures__computed') }}

),

compared as (

    select
        *,
        case
            when computed_value is null then null
            when qualifier = 'exact' then computed_value = published_value
            when qualifier = 'more_than'
                then computed_value > published_value and computed_value < published_value + step
            else round(computed_value / step) * step = published_value
        end as is_match
    from figures

)

select
    figure_id,
    campaign_id,
    phase_id,
    as_published,
    published_value,
    qualifier,
    unit,
    metric,
    scope,
    is_duplicated,
    as_of_on,
    computed_value,
    round(100 * (computed_value - published_value) / published_value, 2) as difference_pct,
    case is_match when true then 'matches' when false then 'differs' else 'not_computable' end as status,
    case
        when is_match then null
        when not is_match and qualifier = 'exact' then 'The data gives another number.'
        when not is_match and qualifier = 'more_than'
            then 'The data does not lie between the published number and the next step of its last digit.'
        when not is_match then 'The data does not round to the published digits.'
        when metric = 'impressions'
            then
                'Meta serves no impressions since November 2025, views are not impressions, and no export of that time'
                || ' has been imported.'
        when metric in ('people_in_activity', 'meetings') then 'No list of offline activities has been imported yet.'
        when metric in ('survey_share', 'survey_change') then 'No survey results have been imported yet.'
        when posts = 0 then 'No post of the campaign matches the figure.'
        else 'None of the posts reports this metric.'
    end as reason,
    label_problem
from compared
