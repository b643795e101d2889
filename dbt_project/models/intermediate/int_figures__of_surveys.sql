-- Figures that speak of answers: the newest share of an indicator, or its change between two waves.
with figures as (

    select * from {{ ref('int_registry__figures') }}
    where metric in ('survey_share', 'survey_change')

),

shares as (

    select
        campaign_id,
        indicator,
        arg_max(share_pct, wave_order) as share_pct
    from {{ ref('fct_survey_results') }}
    group by all

),

changes as (

    select
        campaign_id,
        indicator,
        any_value(change_pct) as change_pct
    from {{ ref('agg_survey_change') }}
    group by all

)

select
    figures.campaign_id,
    figures.figure_id,
    if(figures.metric = 'survey_share', shares.share_pct, changes.change_pct) as computed_value,
    'exact' as computed_qualifier,
    if(
        figures.metric = 'survey_share',
        'The share is not among the survey results.',
        'The shares of the two waves are not given, so that their change cannot be computed.'
    ) as reason_if_null
from figures
left join shares on figures.campaign_id = shares.campaign_id and figures.indicator = shares.indicator
left join changes on figures.campaign_id = changes.campaign_id and figures.indicator = changes.indicator
