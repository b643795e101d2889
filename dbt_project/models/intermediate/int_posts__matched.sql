-- Every phase that a post fits, by every rule: 1 named post, 2 hashtag, 3 keyword. The first one counts.
with posts as (

    select * from {{ ref('int_posts__described') }}

),

phases as (

    select * from {{ ref('int_registry__phases') }}

),

accounts as (

    select * from {{ ref('int_registry__accounts') }}

),

text_rules as (

    select * from {{ ref('int_registry__text_rules') }}

),

post_rules as (

    select * from {{ ref('int_registry__post_rules') }}

),

named as (

    select
        phases.campaign_id,
        phases.phase_id,
        phases.time_zone,
        posts.post_id,
        posts.published_at,
        'post' as attribution_rule,
        1 as precedence
    from posts
    inner join post_rules on posts.post_id = post_rules.post_id or posts.permalink = post_rules.permalink
    inner join phases
        on post_rules.campaign_id = phases.campaign_id and post_rules.phase_id = phases.phase_id

),

by_text as (

    select
        phases.campaign_id,
        phases.phase_id,
        phases.time_zone,
        posts.post_id,
        posts.published_at,
        text_rules.attribution_rule,
        if(text_rules.attribution_rule = 'hashtag', 2, 3) as precedence
    from posts
    inner join accounts on posts.account_id = accounts.account_id and posts.platform = accounts.platform
    inner join phases on accounts.campaign_id = phases.campaign_id
    inner join text_rules on phases.campaign_id = text_rules.campaign_id
    where
        {{ local_date('posts.published_at', 'phases.time_zone') }} between phases.starts_on and phases.ends_on
        and (text_rules.phase_ids = [] or list_contains(text_rules.phase_ids, phases.phase_id))
        and (text_rules.account_ids = [] or list_contains(text_rules.account_ids, posts.account_id))
        and if(
            text_rules.attribution_rule = 'hashtag',
            list_contains({{ hashtags('posts.words') }}, text_rules.words),
            contains(posts.words, text_rules.words)
        )

)

select distinct * from named
union all
select distinct * from by_text
