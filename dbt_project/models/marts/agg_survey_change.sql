with results as (

    select * from {{ ref('fct_survey_results') }}

),

waves as (

    select
        campaign_id,
        indicator,
        respondents,
        count(*) as waves,
        arg_min(wave, wave_order) as first_wave,
        arg_max(wave, wave_order) as last_wave,
        arg_min_null(share_pct, wave_order) / 100 as first_share,
        arg_max_null(share_pct, wave_order) / 100 as last_share,
        arg_min_null(coalesce(n_effective, n), wave_order) as first_n,
        arg_max_null(coalesce(n_effective, n), wave_order) as last_n,
        if(count(distinct evidence_design) = 1, any_value(evidence_design), 'unknown') as evidence_design
    from results
    group by all
    having count(*) > 1

),

intervals as (

    select
        *,
        last_share - first_share as change,
        case
            when first_share is null or last_share is null then 'The share of a wave is not given.'
            when first_n is null or last_n is null then 'How many were asked is not given.'
            when first_n <= 0 or last_n <= 0 then 'Nobody was asked in a wave.'
            when
                evidence_design = 'same_people'
                then 'The same people were asked: their answers are not given together.'
        end as interval_reason
    from waves

)

-- Newcombe's interval of the difference of two independent shares, from their Wilson intervals.
select
    campaign_id,
    indicator,
    respondents,
    first_wave,
    last_wave,
    round(100 * first_share, 2) as first_share_pct,
    round(100 * last_share, 2) as last_share_pct,
    round(100 * change, 2) as change_points,
    round(100 * change / nullif(first_share, 0), 2) as change_pct,
    if(
        interval_reason is null,
        round(100 * (change - sqrt(
            pow(last_share - {{ wilson('last_share', 'last_n', -1) }}, 2)
            + pow({{ wilson('first_share', 'first_n', 1) }} - first_share, 2)
        )), 2),
        null
    ) as change_points_low,
    if(
        interval_reason is null,
        round(100 * (change + sqrt(
            pow({{ wilson('last_share', 'last_n', 1) }} - last_share, 2)
            + pow(first_share - {{ wilson('first_share', 'first_n', -1) }}, 2)
        )), 2),
        null
    ) as change_points_high,
    if(interval_reason is null, 'newcombe_95', null) as interval_method,
    interval_reason,
    evidence_design,
    if(evidence_design = 'exposed_and_not', 'effect', 'change') as may_say
from intervals
