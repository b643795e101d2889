-- Figures that speak of what took place: people of an activity (of one age group if they name one), or how often.
with figures as (

    select * from {{ ref('int_registry__figures') }}
    where metric in ('people_in_activity', 'meetings')

),

activities as (

    select * from {{ ref('fct_activities') }}

),

people as (

    select * from {{ ref('fct_activity_people') }}

),

attended as (

    select
        figures.campaign_id,
        figures.figure_id,
        sum(people.people) as people,
        arg_max(
            people.qualifier, case people.qualifier when 'more_than' then 3 when 'about' then 2 else 1 end
        ) as qualifier
    from figures
    inner join people
        on
            figures.campaign_id = people.campaign_id
            and figures.activity_id = people.activity_id
            and (figures.age_group is null or figures.age_group = people.age_group)
    group by all

)

select
    figures.campaign_id,
    figures.figure_id,
    if(figures.metric = 'meetings', activities.times, attended.people)::double as computed_value,
    if(figures.metric = 'meetings', 'exact', attended.qualifier) as computed_qualifier,
    'The list of activities does not say it.' as reason_if_null
from figures
left join activities
    on figures.campaign_id = activities.campaign_id and figures.activity_id = activities.activity_id
left join attended
    on figures.campaign_id = attended.campaign_id and figures.figure_id = attended.figure_id
