"""How a field of ours is made of the cells of a row: expressions of SQL over the view `records`.

Headers and texts of a file stand in them as literals only; all else is our own.
"""

from collections.abc import Mapping

from ingest.adapters.exports.dialects import plain
from ingest.adapters.exports.recognition import Column, Recognition
from ingest.adapters.exports.records import quoted

ANY_ORDER = (
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M"),
    *("%b %d, %Y", "%b %d, %Y %H:%M", "%d %b %Y", "%d %b %Y %H:%M", "%B %d, %Y", "%d %B %Y"),
)
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
ORDERED = {"mdy": "%m/%d/%Y", "dmy": "%d/%m/%Y"}


def formats_of(found: Recognition) -> str:
    """The ways in which times are written, as a list of SQL."""
    ordered = [ORDERED[found.date_order] + time for time in TIMES] if found.date_order in ORDERED else []
    return "[" + ", ".join(map(quoted, (*ordered, *ANY_ORDER))) + "]"


def value_of(column: Column, found: Recognition) -> str:
    """The number of a metric's cell, in our unit."""
    if column.times != 1:
        return f"measure_of(c{column.at}, {quoted(found.decimal)}, {column.times!r})"
    return f"count_of(c{column.at})"


def values_of(found: Recognition) -> str:
    """The numbers of all metrics, as `m0`, `m1` …."""
    return "".join(f", {value_of(column, found)} as m{at}" for at, column in enumerate(found.metrics))


def no_number(found: Recognition) -> str:
    """The reason of a row whose metric is no number; null when all are."""
    checks = [
        f"case when m{at} is not null then null "
        f"when given(c{column.at}) is not null then {quoted(f'{column.header} is no number')} end"
        for at, column in enumerate(found.metrics)
    ]
    return f"coalesce({', '.join((*checks, 'null'))})"


def cell_of(found: Recognition, name: str) -> str:
    """What the cell of a field says; null when there is no such column."""
    column = found.field_at(name)
    return f"given(c{column.at})" if column else "null::varchar"


def what_is_no_row(found: Recognition, key: str) -> str:
    """What a record is that is no row: a total, the header once more, the description of the columns."""
    cell = cell_of(found, key)
    header = found.field_at(key)
    totals = ", ".join(quoted(plain(one)) for one in found.totals) or "null"
    cases = []
    if found.totals:
        empty = f"or ({cell} is null and line_no = {found.first_line})" if key != "date" else ""
        cases.append(f"when lower({cell}) in ({totals}) {empty} then 'total row'")
    if header:
        cases.append(f"when lower({cell}) = {quoted(header.header.lower())} then 'repeated header'")
    if found.stated.get("has_description_row"):
        cases.append(
            f"when line_no = {found.header_line + 1} and coalesce({no_number(found)}, {cell}) is not null "
            f"and not regexp_matches(coalesce({cell}, ''), '[0-9]') then 'description row'"
        )
    return f"case {' '.join(cases)} end" if cases else "null::varchar"


def key_of(found: Recognition) -> str:
    """The field that every row of a post has."""
    return next((name for name in ("post_id", "permalink", "published_at") if found.field_at(name)), "message")


def account_of(found: Recognition) -> str:
    """Whose post it is: the column says it, or the address, or the id's first half."""
    if found.field_at("account_id"):
        return cell_of(found, "account_id")
    pattern = found.stated.get("account_in_permalink")
    if pattern:
        return f"nullif(regexp_extract({cell_of(found, 'permalink')}, {quoted(pattern)}, 1), '')"
    return f"nullif(regexp_extract({cell_of(found, 'post_id')}, '^([0-9]+)_[0-9]+$', 1), '')"


def post_id_of(found: Recognition) -> str:
    """The post's own id, as far as the row gives it."""
    pattern = found.stated.get("id_in_permalink")
    if pattern:
        return f"nullif(regexp_extract(link, {quoted(pattern)}, 1), '')"
    if key := found.stated.get("key"):
        columns = [f"coalesce(c{column.at}, '')" for column in found.columns if column.header in key.get("of", ())]
        of = f"left(md5(concat_ws(chr(31), {', '.join(columns)})), 12)" if columns else "lpad(line_no::varchar, 6, '0')"
        return f"{quoted(key['name'] + '_')} || {of}"
    return """case
        when given_id is null then number_in(link)
        when is_ruined(given_id) then coalesce(number_in(link), split_part(known_id, '_', -1))
        when contains(link, given_id) then given_id
        when is_rounded(given_id, number_in(link)) then number_in(link)
        else given_id
    end"""


def full_id_of(found: Recognition) -> str:
    """The post's id as the API writes it: a Page's post begins with the Page's id."""
    if found.platform == "facebook" and not found.stated.get("key"):
        return "if(contains(plain_id, '_'), plain_id, account_id || '_' || plain_id)"
    return "plain_id"


def publication_of(found: Recognition) -> str:
    """The moment of publication; what has a day only is taken at the hour that the dialect or the mapping states."""
    column, zone, stated = found.field_at("published_at"), quoted(found.time_zone), found.stated
    if column:
        moment = f"moment_of(c{column.at}, {formats_of(found)}, {zone})"
        hour = stated.get("hour")
        if hour is None:
            return moment
        is_a_day = f"strftime({moment} at time zone {zone}, '%H:%M') = '00:00'"
        return f"{moment} + if({is_a_day}, interval ({int(hour)}) hour, interval 0 hour)"
    if parts := stated.get("published"):
        return _of_parts(found, parts)
    return f"(date {quoted(str(stated['period']['starts_on']))} + interval 12 hour) at time zone {zone}"


def _of_parts(found: Recognition, parts: Mapping[str, object]) -> str:
    """From a year, a month and perhaps a weekday and an hour: the first such weekday of the month."""

    def part(name: str, otherwise: str) -> str:
        said = parts.get(name)
        column = next((one for one in found.columns if one.header == said), None)
        return (
            f"try_cast(given(c{column.at}) as integer)"
            if column
            else str(int(str(said)))
            if said is not None
            else otherwise
        )

    first = f"make_date({part('year', 'null')}, {part('month', '1')}, 1)"
    weekday = f"{part('weekday', 'null')} - {int(str(parts.get('first_weekday', 1)))}"
    starts = {"sunday": "dayofweek", "monday": "isodow_from_0"}[str(parts.get("week_starts_on", "sunday"))]
    of_first = f"dayofweek({first})" if starts == "dayofweek" else f"isodow({first}) - 1"
    day = f"{first} + coalesce((({weekday}) - ({of_first}) + 14) % 7, 0)::integer"
    return f"try((({day})::timestamp + interval ({part('hour', '12')}) hour) at time zone {quoted(found.time_zone)})"


def message_of(found: Recognition) -> str:
    """The post's words: from its columns, or as a mapping states them."""
    if text := found.stated.get("text"):
        return f"replace({quoted(text)}, '{{row}}', line_no::varchar)"
    return f"coalesce({cell_of(found, 'message')}, {cell_of(found, 'title')})"


def format_of(found: Recognition) -> str:
    """The post's media format, as we call it."""
    column, default = found.field_at("post_type"), found.stated.get("media_format")
    otherwise = quoted(default) if default else "null::varchar"
    if not column or not found.post_types:
        return otherwise
    named: dict[str, list[str]] = {}
    for alias, ours in found.post_types.items():
        named.setdefault(ours, []).append(quoted(alias))
    cases = " ".join(
        f"when lower(trim(c{column.at})) in ({', '.join(aliases)}) then {quoted(ours)}"
        for ours, aliases in named.items()
    )
    return f"case {cases} else {otherwise} end"


def content_type_of(found: Recognition) -> str:
    """What a mapping calls the content."""
    column, types = found.field_at("content_type"), found.stated.get("content_types") or {}
    if not column or not types:
        return "null::varchar"
    pairs = ", ".join(f"{quoted(plain(alias))}: {quoted(ours)}" for alias, ours in types.items())
    return f"map {{{pairs}}}[lower(trim(c{column.at}))]"


def date_of(found: Recognition, name: str, formats: str) -> str:
    """The day of a field."""
    column = found.field_at(name)
    return f"day_of(c{column.at}, {formats})" if column else "null::date"
