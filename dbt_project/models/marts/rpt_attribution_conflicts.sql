with attributed as (

    select * from {{ ref('int_posts__attributed') }}
    where phase_id is null

),

posts as (

    select * from {{ ref('int_posts__described') }}

)

select
    attributed.campaign_id,
    attributed.post_id,
    attributed.attribution_rule,
    array_to_string(attributed.phase_ids, ', ') as phase_ids,
    posts.permalink,
    'The rule names two phases of one campaign: keep one of them in campaigns/'
    || attributed.campaign_id || '.yml.' as what_to_do
from attributed
inner join posts on attributed.post_id = posts.post_id
