-- An activity that stands in a list and in the campaign file is the list's, with all its people; of two lists the one
-- that was imported last. A phase that the campaign file does not know any more is none.
with of_files as (

    select * from {{ ref('stg_files__activities') }}

),

of_registry as (

    select * from {{ ref('int_registry__activities') }}

),

campaigns as (

    select * from {{ ref('int_registry__current') }}

),

phases as (

    select * from {{ ref('int_registry__phases') }}

),

told as (

    select
        campaign_id,
        activity_id,
        activity_name,
        kind,
        phase_id,
        held_on,
        place,
        times,
        people,
        source,
        fetched_at,
        load_id
    from of_files
    union all by name
    select
        *,
        'registry' as source
    from of_registry

)

select told.* exclude (fetched_at, load_id) replace (phases.phase_id as phase_id)
from told
inner join campaigns using (campaign_id)
left join phases on told.campaign_id = phases.campaign_id and told.phase_id = phases.phase_id
qualify {{ told_last(['campaign_id', 'activity_id']) }}
