-- Its rows are written by `campaign-reach publish`, when the gates have spoken.
select
    null::varchar as gate,
    null::varchar as rule,
    null::varchar as severity,
    null::boolean as is_passed,
    null::boolean as is_evaluated,
    null::varchar as frame,
    null::varchar as observed,
    null::varchar as expected,
    null::varchar as description,
    null::varchar as what_to_do
where false
