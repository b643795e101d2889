-- What the data gives for each published figure, wherever it comes from.
with figures as (

    select * from {{ ref('int_registry__figures') }}

),

computed as (

    select * from {{ ref('int_figures__of_posts') }}
    union all by name
    select * from {{ ref('int_figures__of_activities') }}
    union all by name
    select * from {{ ref('int_figures__of_surveys') }}

)

select
    figures.*,
    computed.computed_value,
    computed.computed_qualifier,
    computed.posts,
    computed.posts_without,
    computed.unread_accounts,
    computed.reason_if_null
from figures
left join computed on figures.campaign_id = computed.campaign_id and figures.figure_id = computed.figure_id
