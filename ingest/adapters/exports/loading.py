"""From a landed table to raw rows: the file beside the line is read as its recognition says, and judged anew."""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.adapters.exports import judging
from ingest.adapters.exports.copies import Copy
from ingest.adapters.exports.counting import Counts, counts_by_file
from ingest.adapters.exports.expressions import cell_of, content_type_of, format_of, message_of
from ingest.adapters.exports.recognition import Recognition
from ingest.adapters.exports.records import all_rows, cleaned, lay_cleaned, lay_records, quoted
from ingest.adapters.exports.tables import EDGE
from ingest.adapters.landing.files import attachment_key
from ingest.adapters.row_files import insert_rows

LANDED = f"""
    select
        load_id, landing_file, line_no, strftime(fetched_at, '%Y-%m-%d %H:%M:%S'), request -> '$.params', body
    from landed where edge = '{EDGE}' order by load_id, line_no
"""  # noqa: S608 - a name of ours
KNOWN_ACCOUNTS = """
    select distinct account ->> '$.account_id', account ->> '$.platform'
    from (select unnest(body -> '$.accounts[*]') as account from raw.registry)
"""
FEW, MEMORY_OF_FEW, MEMORY = 10, "176MB", "384MB"
"""What DuckDB may hold of exports while they become raw rows; the rest waits on disk. The process takes twice as much.
Hundreds of small files at once need more than a few large ones."""
KNOWN_POSTS = "raw.posts"
POSTS = """
    insert into raw.posts by name
    select
        {head}, account_id, post_id, as_utc(moment) as published_at, message, permalink, content_type,
        case when platform <> 'instagram' then case media_format when 'carousel' then 'album' when 'reel' then 'video'
            when 'live' then 'video' else nullif(media_format, 'text') end end as attachment_media_type,
        if(media_format = 'live', 'live', null) as attachment_type,
        case when platform = 'instagram' then case media_format when 'carousel' then 'CAROUSEL_ALBUM'
            when 'reel' then 'VIDEO' when 'video' then 'VIDEO' else 'IMAGE' end end as media_type,
        case media_format when 'reel' then 'REELS' when 'story' then 'STORY' end as media_product_type
    from (
        select
            judged.*, {message} as message, {link} as permalink, {content_type} as content_type,
            {media_format} as media_format
        from judged
        inner join records using (file_no, line_no)
        where rejected is null and not_row is null
        {once}
    ) as judged
    {of_lines}
"""
SNAPSHOTS = """
    insert into raw.snapshots by name
    select
        {head}, account_id, '{object_kind}' as object_kind, post_id as object_id, metric.name as graph_name,
        metric.period as period, {end_time} as end_time, metric.value::varchar as value,
        if(metric.value is null, metric.reason, null) as reason
    from (select *, unnest([{metrics}]) as metric from judged where rejected is null and not_row is null) as judged
    {of_lines}
"""
"""All metrics of a row stand one after another: a post's id is written once for them, which makes the insert faster."""
ADS = """
    insert into raw.ads by name
    select {head}, post_id as ad_id, ad_name, starts_on, ends_on, reach, impressions, spend, {currency} as currency
    from judged
    {of_lines}
    where rejected is null and not_row is null
"""
QUARANTINE = """
    insert into raw.quarantine by name
    select load_id, 'export' as source, landing_file, line_no, object_id, rejected as reason,
        imported_at as seen_at, 'waiting' as state
    from judged
    inner join lines using (file_no)
    where rejected is not null
"""
LINES = """
    create or replace temp table lines (
        file_no bigint, load_id bigint, landing_file varchar, imported_at timestamp, fetched_at timestamp
    )
"""
ONCE = "qualify row_number() over (partition by file_no, post_id order by line_no) = 1"
"""Of a post that stands in a file once a day, the first row says what it is."""
OF_LINES = "inner join lines using (file_no)"


@dataclass(frozen=True, slots=True)
class Line:
    """A landed line that says how the file beside it is read."""

    file_no: int
    load_id: int
    key: str
    line_no: int
    imported_at: str
    params: dict[str, str]
    found: Recognition

    @property
    def exported_at(self) -> str:
        """When the numbers were exported: to them, that is when they were fetched."""
        return self.params["exported_at"].replace("T", " ").removesuffix("Z")


Alike = dict[str, list[tuple[Line, Path]]]
"""Small files by how they are read."""


def load_exports(connection: duckdb.DuckDBPyConnection, local_path: Callable[[str], Path]) -> None:
    """Make raw rows of every landed table in `landed`; within the caller's transaction.

    Small files whose tables are read alike are loaded at once. One with ids that a spreadsheet has ruined is loaded
    alone, after those that landed before it: their posts are what its addresses are looked up in.
    """
    rows = connection.execute(LANDED).fetchall()
    if not rows:
        return
    judging.prepare(connection)
    accounts = connection.execute(KNOWN_ACCOUNTS).fetchall()
    connection.execute(f"set memory_limit = '{MEMORY_OF_FEW if len(rows) <= FEW else MEMORY}'")
    with tempfile.TemporaryDirectory(prefix="campaign-reach-load-") as folder:
        alike: Alike = {}
        for file_no, (load_id, key, line_no, imported_at, params, body) in enumerate(rows):
            line = Line(file_no, load_id, key, line_no, imported_at, json.loads(params), Recognition.from_json(body))
            copy = _copy(line, local_path)
            if line.found.read_by == "bulk":
                _load_all(connection, alike, accounts)
                lay_records(connection, copy, line.found, Path(folder), file_no=file_no)
                _load(connection, [line], accounts)
                continue
            rows_of_it = cleaned(copy, line.found, Path(folder), file_no=file_no)
            if rows_of_it.has_ruined_ids:
                _load_all(connection, alike, accounts)
                _load_all(connection, {line.found.how: [(line, rows_of_it.path)]}, accounts)
            else:
                alike.setdefault(line.found.how, []).append((line, rows_of_it.path))
        _load_all(connection, alike, accounts)
    connection.execute("drop view records; drop table laid; drop table judged; reset memory_limit")


def _load_all(connection: duckdb.DuckDBPyConnection, alike: Alike, accounts: list[tuple[str, str]]) -> None:
    """Load the cleaned files, those that are read alike at once; none are left."""
    for some in alike.values():
        lay_cleaned(connection, [path for _, path in some], some[0][0].found)
        _load(connection, [line for line, _ in some], accounts)
    alike.clear()


def landed_row(
    connection: duckdb.DuckDBPyConnection, key: str, line_no: int, local_path: Callable[[str], Path]
) -> dict[str, str]:
    """The cells of one row of a landed file, by header: what a snapshot with this file and line was made of.

    A header that stands twice is given its column's number.
    """
    lines = connection.execute(
        "select request -> '$.params', body from read_json($1, format = 'newline_delimited', "
        "columns = {request: 'JSON', body: 'JSON'}) where request ->> '$.edge' = $2",
        [str(local_path(key)), EDGE],
    ).fetchall()
    for params, body in lines:
        line = Line(0, 0, key, 0, "", json.loads(params), Recognition.from_json(body))
        header: list[str] = []
        for number, cells in all_rows(_copy(line, local_path), line.found):
            if number == line.found.header_line:
                header = list(cells)
            elif number == line_no and header:
                names = [name if header.count(name) == 1 else f"{name} ({at + 1})" for at, name in enumerate(header)]
                return dict(zip(names, cells, strict=False))
            elif number > line_no:
                break
    return {}


def _copy(line: Line, local_path: Callable[[str], Path]) -> Copy:
    path = local_path(attachment_key(line.key, line.params["extension"]))
    return Copy(line.params["name"], path, line.params["sha256"], datetime(1970, 1, 1, tzinfo=UTC))


def _load(connection: duckdb.DuckDBPyConnection, lines: Sequence[Line], accounts: list[tuple[str, str]]) -> None:
    """Make raw rows of `records`, which are those of all these lines."""
    found = lines[0].found
    judging.judge(connection, found, accounts=accounts, permalinks=KNOWN_POSTS)
    connection.execute(LINES)
    told = [(one.file_no, one.load_id, one.key, one.imported_at, one.exported_at) for one in lines]
    insert_rows(connection, "lines", told)
    head, of_lines = _head(lines), OF_LINES if len(lines) > 1 else ""
    if found.kind == "posts":
        connection.execute(
            POSTS.format(
                head=head,
                of_lines=of_lines,
                message=message_of(found),
                link=cell_of(found, "permalink"),
                content_type=content_type_of(found),
                media_format=format_of(found),
                once=ONCE if found.grain == "day" else "",
            )
        )
    if found.kind == "ads":
        currency = quoted(found.stated["currency"]) if found.stated.get("currency") else "null::varchar"
        connection.execute(ADS.format(head=head.rpartition(", ")[0], of_lines=of_lines, currency=currency))
    else:
        _load_snapshots(connection, found, head, of_lines)
    connection.execute(QUARANTINE)
    _note(connection, lines)


def _head(lines: Sequence[Line]) -> str:
    """The columns that each raw row begins with: written out where they are those of one file, which is faster."""
    source = f"'export' as source, {quoted(lines[0].found.platform)} as platform"
    if len(lines) > 1:
        return f"load_id, landing_file, line_no, fetched_at, {source}"
    only = lines[0]
    return (
        f"{only.load_id} as load_id, {quoted(only.key)} as landing_file, line_no, "
        f"timestamp '{only.exported_at}' as fetched_at, {source}"
    )


def _load_snapshots(connection: duckdb.DuckDBPyConnection, found: Recognition, head: str, of_lines: str) -> None:
    metrics = [
        f"{{name: {quoted(column.name)}, period: {quoted(column.period)}, "
        f"value: {f'm{at}' if not column.reason else 'null'}::bigint, "
        f"reason: {quoted(column.reason or 'not_yet_available')}}}"
        for at, column in enumerate(found.metrics)
    ]
    if metrics:
        connection.execute(
            SNAPSHOTS.format(
                head=head,
                of_lines=of_lines,
                object_kind="post" if found.kind == "posts" else "account",
                end_time=_end_time(found),
                metrics=", ".join(metrics),
            )
        )


def _end_time(found: Recognition) -> str:
    """When the day of a number ends: Facebook names the end of the day, Instagram the day; none for a whole life."""
    if found.kind == "posts" and found.grain != "day":
        return "null::varchar"
    day = "day + 1" if found.platform == "facebook" else "day"
    return f"as_utc(({day})::timestamp at time zone {quoted(found.time_zone)})"


def _note(connection: duckdb.DuckDBPyConnection, lines: Sequence[Line]) -> None:
    """Note what each file was, and what became of its rows."""
    counts = counts_by_file(connection)
    insert_rows(connection, "raw.imports", [_noted(line, counts.get(line.file_no, Counts())) for line in lines])


def _noted(line: Line, counts: Counts) -> Sequence[object]:
    found, params = line.found, line.params
    unknown = (f"unknown columns: {found.unknown_columns}",) if found.unknown else ()
    return (
        *(line.load_id, line.key, line.line_no, line.imported_at, line.exported_at, found.platform),
        *(params["name"], params["sha256"], params.get("who", ""), found.kind, found.title, found.language),
        *(counts.rows, counts.accepted, sum(counts.rejected.values()), sum(counts.not_rows.values())),
        "; ".join((*found.notes, *unknown)),
    )
