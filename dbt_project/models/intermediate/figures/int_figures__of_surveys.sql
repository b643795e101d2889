-- Figures that speak of answers: the newest share of an indicator, or its change between two waves, of the one group of
-- respondents that was asked, or that the figure names.
with figures as (

    select * from {{ ref('int_registry__figures') }}
    where metric in ('survey_share', 'survey_change')

),

shares as (

    select
        figures.campaign_id,
        figures.figure_id,
        count(distinct results.respondents) as groups,
        arg_max_null(results.share_pct, results.wave_order) as share_pct
    from figures
    inner join {{ ref('fct_survey_results') }} as results
        on
            figures.campaign_id = results.campaign_id
            and figures.indicator = results.indicator
            and (figures.respondents is null or figures.respondents = results.respondents)
            and (figures.wave is null or figures.wave = results.wave)
            and coalesce(results.asked_on <= figures.as_of_on, true)
    group by figures.campaign_id, figures.figure_id

),

changes as (

    select
        figures.campaign_id,
        figures.figure_id,
        any_value(
            if(figures.unit = 'percentage_points', changes.change_points, changes.change_pct)
        ) as change
    from figures
    inner join {{ ref('agg_survey_change') }} as changes
        on
            figures.campaign_id = changes.campaign_id
            and figures.indicator = changes.indicator
            and (figures.respondents is null or figures.respondents = changes.respondents)
    group by figures.campaign_id, figures.figure_id

)

select
    figures.campaign_id,
    figures.figure_id,
    if(
        shares.groups = 1,
        if(figures.metric = 'survey_share', shares.share_pct, changes.change),
        null
    ) as computed_value,
    'exact' as computed_qualifier,
    case
        when shares.groups > 1 then 'Several groups were asked: name respondents in the figure.'
        when figures.metric = 'survey_share' then 'The share is not among the survey results.'
        else 'The shares of the two waves are not given, so that their change cannot be computed.'
    end as reason_if_null
from figures
left join shares on figures.campaign_id = shares.campaign_id and figures.figure_id = shares.figure_id
left join changes on figures.campaign_id = changes.campaign_id and figures.figure_id = changes.figure_id
