"""From a landed table to raw rows: the file beside the line is read as its recognition says, and judged anew."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.adapters.exports import judging
from ingest.adapters.exports.copies import Copy
from ingest.adapters.exports.recognition import Recognition
from ingest.adapters.exports.records import all_rows, lay_records, quoted
from ingest.adapters.exports.tables import EDGE
from ingest.adapters.landing.files import attachment_key

LANDED = f"""
    select
        load_id, landing_file, line_no, strftime(fetched_at, '%Y-%m-%d %H:%M:%S'), request -> '$.params', body
    from landed where edge = '{EDGE}' order by load_id, line_no
"""  # noqa: S608 - a name of ours
KNOWN_ACCOUNTS = """
    select distinct account ->> '$.account_id', account ->> '$.platform'
    from (select unnest(body -> '$.accounts[*]') as account from raw.registry)
"""
KNOWN_PERMALINKS = """
    select permalink, any_value(post_id) as post_id from raw.posts where permalink is not null
    group by permalink having count(distinct post_id) = 1
"""
POSTS = """
    insert into raw.posts by name
    select
        {head}, account_id, post_id, published_at, message, permalink, content_type,
        case when platform <> 'instagram' then case media_format when 'carousel' then 'album' when 'reel' then 'video'
            when 'live' then 'video' else nullif(media_format, 'text') end end as attachment_media_type,
        if(media_format = 'live', 'live', null) as attachment_type,
        case when platform = 'instagram' then case media_format when 'carousel' then 'CAROUSEL_ALBUM'
            when 'reel' then 'VIDEO' when 'video' then 'VIDEO' else 'IMAGE' end end as media_type,
        case media_format when 'reel' then 'REELS' when 'story' then 'STORY' end as media_product_type
    from judged
    where rejected is null and not_row is null
    {once}
"""
SNAPSHOTS = """
    insert into raw.snapshots by name
    select
        {head}, account_id, '{object_kind}' as object_kind, post_id as object_id, {name} as graph_name,
        '{period}' as period, {end_time} as end_time, {value}::varchar as value,
        if({value} is null, '{reason}', null) as reason
    from judged
    where rejected is null and not_row is null
"""
ADS = """
    insert into raw.ads by name
    select {head}, post_id as ad_id, ad_name, starts_on, ends_on, reach, impressions, spend, {currency} as currency
    from judged
    where rejected is null and not_row is null
"""
QUARANTINE = """
    insert into raw.quarantine by name
    select
        {load_id} as load_id, 'export' as source, {file} as landing_file, line_no, object_id, rejected as reason,
        timestamp '{seen_at}' as seen_at, 'waiting' as state
    from judged
    where rejected is not null
"""
IMPORTS = "insert into raw.imports values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Line:
    """A landed line that says how the file beside it is read."""

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


def load_exports(connection: duckdb.DuckDBPyConnection, local_path: Callable[[str], Path]) -> None:
    """Make raw rows of every landed table in `landed`; within the caller's transaction."""
    rows = connection.execute(LANDED).fetchall()
    if not rows:
        return
    judging.prepare(connection)
    accounts = connection.execute(KNOWN_ACCOUNTS).fetchall()
    with tempfile.TemporaryDirectory(prefix="campaign-reach-load-") as folder:
        for load_id, key, line_no, imported_at, params, body in rows:
            line = Line(load_id, key, line_no, imported_at, json.loads(params), Recognition.from_json(body))
            _load(connection, line, _copy(line, local_path), accounts, Path(folder))


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
        line = Line(0, key, 0, "", json.loads(params), Recognition.from_json(body))
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


def _load(
    connection: duckdb.DuckDBPyConnection, line: Line, copy: Copy, accounts: list[tuple[str, str]], folder: Path
) -> None:
    found = line.found
    lay_records(connection, copy, found, folder)
    judging.judge(connection, found, accounts=accounts, permalinks=KNOWN_PERMALINKS)
    head = (
        f"{line.load_id} as load_id, {quoted(line.key)} as landing_file, line_no, "
        f"timestamp '{line.exported_at}' as fetched_at, 'export' as source, {quoted(found.platform)} as platform"
    )
    if found.kind == "posts":
        once = "qualify row_number() over (partition by post_id order by line_no) = 1" if found.grain == "day" else ""
        connection.execute(POSTS.format(head=head, once=once))
    if found.kind == "ads":
        currency = quoted(found.stated["currency"]) if found.stated.get("currency") else "null::varchar"
        connection.execute(ADS.format(head=head.rpartition(", ")[0], currency=currency))
    else:
        _load_snapshots(connection, found, head)
    connection.execute(QUARANTINE.format(load_id=line.load_id, file=quoted(line.key), seen_at=line.imported_at))
    _note(connection, line)


def _load_snapshots(connection: duckdb.DuckDBPyConnection, found: Recognition, head: str) -> None:
    for at, column in enumerate(found.metrics):
        connection.execute(
            SNAPSHOTS.format(
                head=head,
                object_kind="post" if found.kind == "posts" else "account",
                name=quoted(column.name),
                period=column.period,
                end_time=_end_time(found),
                value=f"m{at}" if not column.reason else "null",
                reason=column.reason or "not_yet_available",
            )
        )


def _end_time(found: Recognition) -> str:
    """When the day of a number ends: Facebook names the end of the day, Instagram the day; none for a whole life."""
    if found.kind == "posts" and found.grain != "day":
        return "null::varchar"
    day = "day + 1" if found.platform == "facebook" else "day"
    return f"as_utc(({day})::timestamp at time zone {quoted(found.time_zone)})"


def _note(connection: duckdb.DuckDBPyConnection, line: Line) -> None:
    rows, accepted, rejected, not_rows = judging.counts(connection)
    found, params = line.found, line.params
    connection.execute(
        IMPORTS,
        [
            *(line.load_id, line.key, line.line_no, line.imported_at, line.exported_at, found.platform),
            *(params["name"], params["sha256"], params.get("who", ""), found.kind, found.title, found.language),
            *(rows, accepted, sum(rejected.values()), sum(not_rows.values()), "; ".join(found.notes)),
        ],
    )
