"""What a person should know of a table beside its counts: clocks that disagree, lists that are cut, odd reach."""

from datetime import datetime, timedelta

import duckdb

from ingest.adapters.exports.expressions import cell_of, value_of
from ingest.adapters.exports.recognition import Recognition
from ingest.adapters.exports.shortcodes import made_at

SAMPLE = 300
TOLERANCE = timedelta(minutes=30)
PARTS = (
    ("Views", "Views from Boosted posts", "Views from Organic posts"),
    ("Reach", "reach_boosted", "reach_organic"),
)
"""A total, and the columns of its boosted and its organic part."""


def remarks(connection: duckdb.DuckDBPyConnection, found: Recognition) -> list[str]:
    """What a person should know beside the counts."""
    notes = [*_clock(connection, found), *_cut(connection, found), *_parts(connection, found)]
    names = {one.name: at for at, one in enumerate(found.metrics) if not one.reason}
    if found.kind == "posts" and {"Reach", "Views"} <= set(names):
        reach, views = names["Reach"], names["Views"]
        both, above = connection.execute(
            f"select count(*), count(*) filter (where m{reach} > m{views}) from judged "  # noqa: S608
            f"where rejected is null and not_row is null and m{reach} is not null and m{views} is not null"
        ).fetchall()[0]
        notes += (
            [f"reach is above views in {above:,} of {both:,} posts: paid reach stands beside organic views"]
            if above
            else []
        )
    if crosspost := found.field_at("is_crosspost"):
        count = connection.execute(
            f"select count(*) from records where trim(c{crosspost.at}) = '1'"  # noqa: S608
        ).fetchall()[0][0]
        notes += (
            [f"{count:,} crossposts: the same video on two Pages, whose views may be counted on both"] if count else []
        )
    return notes


def _parts(connection: duckdb.DuckDBPyConnection, found: Recognition) -> list[str]:
    """Of how many posts the boosted and the organic part are together another number than the total."""
    named = {one.name: one for one in found.columns}
    notes = []
    for names in PARTS:
        if not set(names) <= set(named):
            continue
        total, boosted, organic = (value_of(named[name], found) for name in names)
        posts, differ = connection.execute(
            f"select count({total} + {boosted} + {organic}), count(*) filter ({boosted} + {organic} <> {total}) "  # noqa: S608
            "from judged inner join records using (file_no, line_no) where rejected is null and not_row is null"
        ).fetchall()[0]
        if differ:
            notes.append(
                f"boosted and organic {names[0].lower()} are together another number than {names[0]} in {differ:,} of "
                f"{posts:,} posts: the total is taken as given"
            )
    return notes


def _clock(connection: duckdb.DuckDBPyConnection, found: Recognition) -> list[str]:
    """Whether the times of the file are those of Instagram's short codes."""
    if found.kind != "posts" or found.platform != "instagram" or not found.field_at("permalink"):
        return []
    rows = connection.execute(
        f"select {cell_of(found, 'permalink')} as link, as_utc(moment) "  # noqa: S608
        "from judged inner join records using (file_no, line_no) "
        f"where rejected is null and not_row is null and link is not null limit {SAMPLE}"
    ).fetchall()
    off = [
        (datetime.strptime(written, "%Y-%m-%dT%H:%M:%S%z") - made) for link, written in rows if (made := made_at(link))
    ]
    wrong = [one for one in off if abs(one) > TOLERANCE]
    if not off:
        return []
    if not wrong:
        return [f"times agree with the short codes of {len(off)} addresses"]
    hours = sorted(wrong)[len(wrong) // 2] / timedelta(hours=1)
    return [
        f"times disagree with the short codes of {len(wrong)} of {len(off)} addresses, typically by {hours:+.1f} "
        "hours: was the file edited, or is its time zone another?"
    ]


def _cut(connection: duckdb.DuckDBPyConnection, found: Recognition) -> list[str]:
    """Where the total row says more than the rows add up to, the list is cut."""
    if not found.totals or found.kind != "posts":
        return []
    notes = []
    for at, column in enumerate(found.metrics):
        if column.name in ("Unique viewers", "Reach", "Reached audience"):
            continue
        total, added = connection.execute(
            f"select max(m{at}) filter (where not_row = 'total row'), "  # noqa: S608
            f"sum(m{at}) filter (where not_row is null) from judged"
        ).fetchall()[0]
        if total is not None and added is not None and total > added:
            notes.append(
                f"the list is cut: its total of {column.header} is {total:,}, its rows add up to {int(added):,}"
            )
    return notes
