with figures as (

    select
        * replace (
            nullif(posts_without, 0) as posts_without,
            coalesce(computed_qualifier, 'exact') as computed_qualifier
        ),
        {{ published_step('published_value') }} as step
    from {{ ref('int_figures__computed') }}

),

compared as (

    select
        *,
        case
            when computed_value is null then null
            when computed_qualifier = qualifier and computed_value = published_value then true
            when qualifier = 'exact' then computed_value = published_value and computed_qualifier = 'exact'
            when qualifier = 'more_than'
                then computed_value > published_value and computed_value < published_value + step
            else round(computed_value / step) = round(published_value / step)
        end as is_match,
        concat_ws(
            ' ',
            posts_without || ' of ' || nullif(posts, 0) || ' posts report no '
            || case metric when 'duplicated_reach' then 'reach' else metric end || '.',
            'Nothing was read of ' || unread_accounts || '.'
        ) as gaps
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
    round(100 * (computed_value - published_value) / nullif(published_value, 0), 2) as difference_pct,
    case is_match when true then 'matches' when false then 'differs' else 'not_computable' end as status,
    nullif(trim(concat_ws(
        ' ',
        case
            when is_match is null then coalesce(nullif(reason_if_null, ''), 'No source has it yet.')
            when is_match then null
            when qualifier = 'exact' and computed_qualifier <> 'exact'
                then 'The data says ' || replace(computed_qualifier, '_', ' ') || ', the page an exact number.'
            when qualifier = 'exact' then 'The data gives another number.'
            when qualifier = 'more_than'
                then 'The data does not lie between the published number and the next step of its last digit.'
            else 'The data does not round to the published digits.'
        end,
        if(is_match is null, null, gaps)
    )), '') as reason,
    label_problem,
    posts_without as posts_without_metric
from compared
