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
            when computed_qualifier = qualifier and computed_value = published_value then true
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
        else coalesce(reason_if_null, 'No source has it yet.')
    end as reason,
    label_problem
from compared
