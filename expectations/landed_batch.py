"""The gate after a load: rules over what it brought, against the landing files that it came from.

Conservation: every object in a landed line stands in raw or in quarantine, and raw holds nothing that did not land.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.gate import Frame, Rule, Suite, audit, judge
from ingest.domain.gates import Severity, Verdict

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SOURCES = ("api", "webhook", "export", "registry")
CLOCK_SKEW = timedelta(minutes=5)
NONE = {"min_value": 0, "max_value": 0}

CREDENTIAL = r"(?i)(access_token|appsecret_proof)(=|%3D|\\u003d)"

OF_NO_OBJECT = (*("insights", "video_insights", "video_reels", "live_videos", "webhook", "story_insights", "erased"),)
"""Edges whose lines hold no object of their own."""

LANDED = rf"""
    create temp table landed as
    select
        loads.load_id, loads.file, line_no, fetched_at, source, account_id, request, http_status,
        request ->> '$.edge' as edge,
        case
            when source is not distinct from 'export' then []
            when list_contains({list(OF_NO_OBJECT)}, request ->> '$.edge') then []
            when json_type(body, '$.data') = 'ARRAY'
            then list_transform(
                json_extract(body, '$.data[*]'), lambda one: coalesce(one ->> '$.id', one ->> '$.post_id'))
            else [request ->> '$.object_id']
        end as object_ids,
        case
            when source is distinct from 'export' then null
            when (request ->> '$.edge') = 'export' then (body ->> '$.rows')::bigint
            else json_array_length(body, '$.data') + json_array_length(body, '$.rejected')
        end as table_rows,
        regexp_matches(regexp_replace(
            body::text, '(?i)(access_token|appsecret_proof)=REDACTED', '', 'g'), '{CREDENTIAL}') as has_secret
    from read_json(getvariable('paths'), format = 'newline_delimited', filename = 'path',
        maximum_object_size = 134217728, columns = {{
            line_no: 'INTEGER', fetched_at: 'TIMESTAMP', source: 'VARCHAR', account_id: 'VARCHAR', request: 'JSON',
            http_status: 'INTEGER', body: 'JSON'}}) as lines
    inner join loads using (path)
"""  # noqa: S608 - constants above
"""Every landed line, read once: what the rules ask of it, without its body."""

OBJECTS = """
    create temp table objects as
    with landed_objects as (
        select load_id, line_no, unnest(object_ids) as object_id
        from landed
        where ((request ->> '$.refused') is null or coalesce(http_status, 200) = 200)
    ),
    raw_objects as (
        select load_id, line_no, post_id as object_id from raw.posts where source is distinct from 'export'
        union all select load_id, line_no, account_id from raw.accounts
        union all select load_id, line_no, campaign_id from raw.registry
    ),
    quarantined as (select load_id, line_no, object_id from raw.quarantine)
    select
        coalesce(landed_objects.load_id, kept.load_id) as load_id,
        coalesce(landed_objects.object_id, kept.object_id) as object_id,
        landed_objects.load_id is not null as is_landed,
        kept.load_id is not null as is_kept,
        exists (from quarantined as q where q.load_id = landed_objects.load_id and q.line_no = landed_objects.line_no
            and coalesce(q.object_id, landed_objects.object_id, '') = coalesce(landed_objects.object_id, '')
        ) as is_quarantined
    from (select distinct * from landed_objects) as landed_objects
    full join (select distinct * from raw_objects semi join loads using (load_id)) as kept
        on kept.load_id = landed_objects.load_id and kept.line_no = landed_objects.line_no
        and kept.object_id = landed_objects.object_id
"""

IMPORTED = """
    create temp table imported as
    with tables as (
        select load_id, any_value(file) as file, sum(table_rows) as rows
        from landed
        where source = 'export' and edge in ('export', 'survey_results', 'activities')
            and file not in (select landing_file from raw.superseded)
        group by load_id
    ),
    kept as (
        select load_id, count(distinct (line_no, object_id)) as rows
        from (
            select load_id, line_no, post_id as object_id from raw.posts where source = 'export'
            union all select load_id, line_no, object_id from raw.snapshots where source = 'export'
            union all select load_id, line_no, ad_id from raw.ads where source = 'export'
            union all select load_id, line_no, concat_ws('/', campaign_id, indicator, wave, respondents)
                from raw.survey_results
            union all select load_id, line_no, concat_ws('/', campaign_id, activity_id) from raw.activities
        )
        semi join tables using (load_id)
        group by load_id
    ),
    quarantined as (
        select load_id, count(*) as rows from raw.quarantine where source = 'export' group by load_id
    ),
    set_aside as (select load_id, sum(not_rows) as rows from raw.imports group by load_id)
    select
        tables.file, tables.rows as in_the_file, coalesce(kept.rows, 0) as in_raw,
        coalesce(quarantined.rows, 0) as in_quarantine, coalesce(set_aside.rows, 0) as no_rows,
        (abs(in_the_file - in_raw - in_quarantine - no_rows))::bigint as difference
    from tables
    left join kept using (load_id)
    left join quarantined using (load_id)
    left join set_aside using (load_id)
"""

QUERIES = {
    "imports": """
        select
            count(*) as tables, coalesce(sum(in_the_file), 0)::bigint as in_the_files,
            coalesce(sum(in_raw), 0)::bigint as in_raw, coalesce(sum(in_quarantine), 0)::bigint as in_quarantine,
            coalesce(sum(no_rows), 0)::bigint as no_rows, coalesce(sum(difference), 0)::bigint as difference,
            list(file order by file) filter (where difference > 0)[:5] as for_example
        from imported
    """,
    "lines": rf"""
        select
            count(*) as lines,
            count(*) filter (where fetched_at is null) as without_time,
            count(*) filter (where fetched_at > $latest) as from_the_future,
            count(*) filter (where source is null or not list_contains({list(SOURCES)}, source)) as unknown_source,
            count(*) filter (where source = 'api' and http_status is distinct from 200
                and (request ->> '$.refused') is null) as refused_answers,
            count(*) filter (where has_secret) as with_secret,
            max(fetched_at) as newest
        from landed
    """,  # noqa: S608 - constants above
    "conservation": """
        select
            loads.file, coalesce(any_value(line_count), 0) as lines, count(*) filter (where is_landed) as landed,
            count(*) filter (where is_kept) as in_raw, count(*) filter (where is_quarantined) as in_quarantine,
            count(*) filter (where is_landed and not is_kept and not is_quarantined) as lost,
            count(*) filter (where is_kept and not is_landed) as invented
        from loads left join objects using (load_id)
        left join (select load_id, count(*) as line_count from landed group by load_id) using (load_id)
        group by loads.file
        order by lines > 0, lost + invented desc, 1
        limit 1000
    """,
    "ids": """
        select
            count(*) as ids,
            count(*) filter (where not regexp_full_match(coalesce(object_id, ''), '[A-Za-z0-9_]{1,128}')) as unshaped
        from objects
        where is_kept
    """,
    "quarantine": """
        select
            count(*) filter (where is_landed) as landed, count(*) filter (where is_quarantined) as quarantined,
            greatest(10, landed // 100) as tolerated
        from objects
    """,
}


@dataclass(frozen=True, slots=True)
class LandedFile:
    """A landed file that a load took in: its key in landing, and where its bytes can be read."""

    load_id: int
    file: str
    path: Path


def _no_rows_with(
    column: str, name: str, frame: str, description: str, what_to_do: str, severity: Severity = "critical"
) -> Rule:
    arguments = {"column": column} | NONE
    return Rule(name, frame, description, what_to_do, "ExpectColumnValuesToBeBetween", arguments, severity=severity)


RELOAD = (
    "Find the file in landing; a damaged one is moved away. Then delete the warehouse, load and build: it is made anew."
)

LANDED_BATCH = Suite(
    "landed_batch",
    QUERIES,
    (
        Rule(
            "files_have_lines",
            "conservation",
            "Every landed file has at least one line.",
            RELOAD,
            "ExpectColumnValuesToBeBetween",
            {"column": "lines", "min_value": 1},
        ),
        _no_rows_with(
            "lost", "nothing_is_lost", "conservation", "Every object that landed is in raw or in quarantine.", RELOAD
        ),
        _no_rows_with(
            "invented", "nothing_is_invented", "conservation", "Raw holds no object that did not land.", RELOAD
        ),
        _no_rows_with(
            "without_time", "fetched_at_is_known", "lines", "Every landed line says when it was fetched.", RELOAD
        ),
        _no_rows_with(
            "from_the_future",
            "fetched_at_is_not_in_the_future",
            "lines",
            "No line was fetched later than now.",
            "Set this machine's clock, or the one that fetched; then load again.",
        ),
        _no_rows_with(
            "unknown_source", "source_is_known", "lines", f"Every line comes from one of {', '.join(SOURCES)}.", RELOAD
        ),
        _no_rows_with(
            "refused_answers",
            "answers_were_given",
            "lines",
            "Every landed answer has HTTP status 200, or says which values Meta refused and why.",
            RELOAD,
        ),
        _no_rows_with(
            "with_secret",
            "no_secret_landed",
            "lines",
            "No landed body holds an access token or its proof.",
            "Revoke the token at Meta now. Move the file out of landing, delete the warehouse; refresh, load, build.",
        ),
        _no_rows_with(
            "unshaped", "ids_are_shaped", "ids", "Every id is made of letters, digits and underscores.", RELOAD
        ),
        _no_rows_with(
            "difference",
            "rows_of_imports_add_up",
            "imports",
            "The rows of each imported file are in raw, in quarantine, or none (totals, repeated headers and rows).",
            RELOAD,
        ),
        _no_rows_with(
            "in_quarantine",
            "no_imported_row_is_quarantined",
            "imports",
            "No row of an imported file went to quarantine; they are shown, not stopped.",
            "Look at them: `campaign-reach quarantine`; after a fix `campaign-reach quarantine --retry`.",
            severity="warning",
        ),
        Rule(
            "quarantine_is_small",
            "quarantine",
            "No more than one object in a hundred (or ten) went to quarantine.",
            "`select reason, count(*) from raw.quarantine group by all`: Meta has probably changed an answer.",
            "ExpectColumnPairValuesAToBeGreaterThanB",
            {"column_A": "tolerated", "column_B": "quarantined", "or_equal": True},
        ),
        Rule(
            "nothing_is_quarantined",
            "quarantine",
            "No object went to quarantine; a few are shown, not stopped.",
            "Look at them: `select * from raw.quarantine order by seen_at desc`.",
            "ExpectColumnValuesToBeBetween",
            {"column": "quarantined"} | NONE,
            severity="warning",
        ),
    ),
)


def judge_landed(connection: "DuckDBPyConnection", files: Iterable[LandedFile], *, now: datetime) -> Verdict:
    """The verdict on what these landed files became in the warehouse; `now` is UTC.

    A file that cannot be read stops, like any rule that could not be evaluated.
    """
    import duckdb

    try:
        _prepare(connection, list(files))
    except duckdb.Error as error:
        unread = Frame(error=f"what landed cannot be read: {str(error).splitlines()[0]}")
        return judge(LANDED_BATCH, dict.fromkeys(QUERIES, unread))
    latest = (now + CLOCK_SKEW).replace(tzinfo=None)
    return judge(LANDED_BATCH, audit(connection, QUERIES, latest=latest))


def _prepare(connection: "DuckDBPyConnection", files: Sequence[LandedFile]) -> None:
    """Lay the landed lines and their objects beside the raw schema, in temporary tables."""
    connection.execute("create or replace temp table loads (load_id bigint, file text, path text)")
    connection.execute(
        "insert into loads select unnest(?), unnest(?), unnest(?)",
        [[file.load_id for file in files], [file.file for file in files], [str(file.path) for file in files]],
    )
    connection.execute("set variable paths = (select list(path order by path) from loads)")
    connection.execute("drop table if exists landed; drop table if exists objects; drop table if exists imported")
    connection.execute(LANDED)
    connection.execute(OBJECTS)
    connection.execute(IMPORTED)
