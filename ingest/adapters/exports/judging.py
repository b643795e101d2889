"""Each row of a table judged: accepted, rejected with a reason, or no row at all. Import and load judge alike.

The table `judged` has one line per record; `load` makes raw rows of it, `import` counts it.
"""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from ingest.adapters.exports.dialects import MISSING, plain
from ingest.adapters.exports.expressions import (
    account_of,
    cell_of,
    date_of,
    formats_of,
    full_id_of,
    key_of,
    no_number,
    post_id_of,
    publication_of,
    values_of,
    what_is_no_row,
)
from ingest.adapters.exports.recognition import Recognition
from ingest.adapters.exports.records import listed, quoted

MACROS = (Path(__file__).parent / "judging.sql").read_text(encoding="utf-8")
NO_PERMALINK = "a spreadsheet has ruined the post's id, and no post is known by its permalink"
RUINED = "a spreadsheet has ruined the post's id, and there is no permalink"
TWICE = "the post stands in the file twice, with other numbers"
REPEATED = "repeated"
SHORT = 64
"""So many bytes no word for "not given" has."""
TEXTS = ("title", "message", "post_type", "content_type", "account_name")
"""Fields that decide nothing of a row: import need not read them."""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the macros; once per connection."""
    connection.execute(MACROS)


def set_missing(connection: duckdb.DuckDBPyConnection, found: Recognition) -> None:
    """Say what stands for "not given" in the cells of a table."""
    missing = [*MISSING, *(marker.casefold() for marker in found.stated.get("missing", ()))]
    longest = max(SHORT, *(4 * len(marker) for marker in missing))
    connection.execute(f"set variable missing = {listed(missing)}; set variable longest_missing = {longest}")


def needless(found: Recognition) -> tuple[str, ...]:
    """The fields that only say what a post is, and not whether its row can be used."""
    return tuple(name for name in TEXTS if name != key_of(found))


def judge(
    connection: duckdb.DuckDBPyConnection,
    found: Recognition,
    *,
    accounts: Iterable[tuple[str, str]],
    permalinks: str = "",
) -> None:
    """Make the table `judged` from the view `records`. `accounts` are the ids and platforms that campaigns know.

    `permalinks` is the table of posts that an address is looked up in where a spreadsheet has ruined the id.
    """
    set_missing(connection, found)
    known = sorted({account_id for account_id, platform in accounts if platform == found.platform})
    connection.execute(f"set variable known_accounts = {listed(known)}")
    if found.kind == "posts":
        connection.execute(f"create or replace temp table known_permalinks as {_known_permalinks(found, permalinks)}")
    sql = {"posts": _posts, "account_days": _account_days, "ads": _ads}[found.kind](found)
    connection.execute(f"create or replace temp table judged as {sql}")
    if found.kind in ("posts", "account_days"):
        _mark_repeats(connection, found)


def _known_permalinks(found: Recognition, posts: str) -> str:
    """The post of each address that stands in a row with a ruined id, if there is one post only."""
    if not posts or not found.field_at("permalink") or not found.field_at("post_id"):
        return "select null::varchar as permalink, null::varchar as post_id where false"
    return f"""
        select permalink, min(post_id) as post_id from {posts}
        where permalink in (
            select {cell_of(found, "permalink")} from records where is_ruined({cell_of(found, "post_id")})
        )
        group by permalink having min(post_id) = max(post_id)
    """  # noqa: S608 - as below


def _posts(found: Recognition) -> str:
    account = quoted(found.account_id) if found.account_id else account_of(found)
    moment = publication_of(found)
    date = found.field_at("date")
    day = f"day_of(c{date.at}, {formats_of(found)})" if date and found.grain == "day" else "null::date"
    lifetime = f"lower({cell_of(found, 'date')})" if date else "null::varchar"
    words = ", ".join(quoted(plain(one)) for one in found.lifetime) or "null"
    wrong_grain = (
        "false"
        if not date or not found.lifetime
        else f"{lifetime} in ({words})"
        if found.grain == "day"
        else f"{lifetime} is not null and {lifetime} not in ({words})"
    )
    return f"""
        with cells as (
            select
                *, {cell_of(found, "post_id")} as given_id, {cell_of(found, "permalink")} as link,
                {account} as account_id,
                {moment} as moment, {day} as day, {cell_of(found, "comment")} as comment {values_of(found)},
                {what_is_no_row(found, key_of(found))} as not_row
            from records
        ),

        named as (
            select cells.*, known_permalinks.post_id as known_id, {post_id_of(found)} as plain_id
            from cells
            left join known_permalinks on cells.link = known_permalinks.permalink and is_ruined(cells.given_id)
        )

        select
            file_no, line_no, account_id, {full_id_of(found)} as post_id, moment, day, not_row,
            case
                when not_row is not null then null
                when plain_id is null and comment is not null then 'the row holds no post: Meta met an error'
                when plain_id is null and is_ruined(given_id) and link is null then {quoted(RUINED)}
                when plain_id is null and is_ruined(given_id) then {quoted(NO_PERMALINK)}
                when plain_id is null then 'the row names no post'
                when not regexp_full_match(plain_id, '[A-Za-z0-9_-]{{1,100}}') then 'the id is none'
                when account_id is null then 'the row does not say whose post it is'
                when not list_contains(getvariable('known_accounts'), account_id)
                    then 'no campaign knows the account ' || account_id
                when {wrong_grain} then 'the row is of another grain than the file: ' || {quoted(found.grain)}
                when not is_in_time(moment) then 'the time of publication cannot be read'
                when {quoted(found.grain)} = 'day' and day is null then 'the day cannot be read'
                else {no_number(found)}
            end as rejected,
            if(rejected is null, null, coalesce(plain_id, regexp_extract(comment, '[0-9]{{8,}}'), given_id))
                as object_id
            {"".join(f", m{at}" for at in range(len(found.metrics)))}
        from named
    """  # noqa: S608 - headers and texts as literals, all else our own names


def _account_days(found: Recognition) -> str:
    date = found.field_at("date")
    assert date is not None  # noqa: S101 - the dialect requires it
    return f"""
        with cells as (
            select
                *, day_of(c{date.at}, {formats_of(found)}) as day {values_of(found)},
                {what_is_no_row(found, "date")} as not_row
            from records
        )

        select
            file_no, line_no, {quoted(found.account_id)} as account_id, {quoted(found.account_id)} as post_id, day,
            not_row,
            case
                when not_row is not null then null
                when not list_contains(getvariable('known_accounts'), {quoted(found.account_id)})
                    then 'no campaign knows the account ' || {quoted(found.account_id)}
                when day is null then 'the day cannot be read'
                else {no_number(found)}
            end as rejected,
            {quoted(found.account_id)} as object_id
            {"".join(f", m{at}" for at in range(len(found.metrics)))}
        from cells
    """  # noqa: S608 - as above


def _ads(found: Recognition) -> str:
    names = ("ad_name", "ad_set_name", "ad_campaign_name")
    ids = ("ad_id", "ad_set_id", "ad_campaign_id")
    name = f"coalesce({', '.join(cell_of(found, one) for one in names)})"
    spelled = f"concat_ws(chr(31), {', '.join(cell_of(found, one) for one in reversed(names))})"
    number = f"coalesce({', '.join(cell_of(found, one) for one in ids)})"
    spend, formats = found.field_at("spend"), formats_of(found)
    amount = f"amount_of(c{spend.at}, {quoted(found.decimal)})" if spend else "null::decimal(18, 2)"
    reach, shown = (
        f"count_of(c{one.at})" if (one := found.field_at(field)) else "null::bigint"
        for field in ("reach", "impressions")
    )
    return f"""
        select
            file_no, line_no, coalesce({number}, 'n' || left(md5({spelled}), 16)) as post_id,
            {name} as ad_name,
            {date_of(found, "starts_on", formats)} as starts_on,
            {date_of(found, "ends_on", formats)} as ends_on,
            {reach} as reach, {shown} as impressions, {amount} as spend,
            if({name} is null and {number} is null, 'total row', null) as not_row,
            case
                when {name} is null and {number} is null then null
                when is_ruined({number}) then 'a spreadsheet has ruined the id'
                when {date_of(found, "starts_on", formats)} is null or {date_of(found, "ends_on", formats)} is null
                    then 'the period cannot be read'
                when {reach} is null and {cell_of(found, "reach")} is not null then 'Reach is no number'
                when {shown} is null and {cell_of(found, "impressions")} is not null then 'Impressions is no number'
                when {amount} is null and {cell_of(found, "spend")} is not null then 'the amount is no number'
            end as rejected,
            coalesce({number}, {name}) as object_id
        from records
    """  # noqa: S608 - as above


def _mark_repeats(connection: duckdb.DuckDBPyConnection, found: Recognition) -> None:
    """A post that stands twice counts once: the same row again is no row, another one is rejected."""
    values = ", ".join(f"m{at}" for at in range(len(found.metrics))) or "null"
    connection.execute(
        "create or replace temp table doubled as select file_no, post_id, day from judged "
        "where rejected is null and not_row is null group by all having count(*) > 1"
    )
    if not connection.execute("select 1 from doubled limit 1").fetchone():
        return
    connection.execute(
        f"""
        with ranked as (
            select
                file_no, line_no, first_value(row({values})) over posts as first_values, row({values}) as own_values,
                row_number() over posts as place
            from judged semi join doubled
                on judged.file_no = doubled.file_no and judged.post_id = doubled.post_id
                and judged.day is not distinct from doubled.day
            where rejected is null and not_row is null
            window posts as (partition by judged.file_no, judged.post_id, judged.day order by line_no)
        )

        update judged set
            not_row = if(ranked.own_values is not distinct from ranked.first_values, {quoted(REPEATED)}, null),
            rejected = if(ranked.own_values is not distinct from ranked.first_values, null, {quoted(TWICE)}),
            object_id = judged.post_id
        from ranked
        where ranked.file_no = judged.file_no and ranked.line_no = judged.line_no and ranked.place > 1
        """  # noqa: S608 - as above
    )
