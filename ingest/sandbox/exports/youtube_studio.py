"""YouTube Studio, "Content" table: an archive of three tables, the first row of the first one is the total."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from ingest.sandbox.exports.sheets import Cell, ExportFile, archive_bytes, csv_bytes
from ingest.sandbox.exports.taking import Taking, seconds_long
from ingest.sandbox.staging import WorldPost

HEADERS = (
    "Content", "Video title", "Video publish time", "Duration", "Views", "Engaged views", "Watch time (hours)",
    "Average view duration", "Impressions", "Impressions click-through rate (%)", "Likes", "Comments added", "Shares",
    "Unique viewers",
)  # fmt: skip
SHY = "\u00ad"
GERMAN: Mapping[str, str] = {
    "Content": "Inhalte",
    "Video title": f"Video{SHY}titel",
    "Video publish time": f"Veröffentlichungs{SHY}zeit des Videos",
    "Duration": "Dauer",
    "Views": "Aufrufe",
    "Engaged views": "Aktive Aufrufe",
    "Watch time (hours)": f"Wiedergabe{SHY}zeit (Stunden)",
    "Average view duration": f"Durchschnittliche Wiedergabe{SHY}dauer",
    "Impressions": "Impressionen",
    "Impressions click-through rate (%)": "Klickrate der Impressionen (%)",
    "Likes": "„Mag ich“-Bewertungen",
    "Comments added": "Hinzugefügte Kommentare",
    "Shares": "Geteilte Inhalte",
    "Unique viewers": "Einzelne Zuschauer",
}
"""With the soft hyphens that the tool has in its German headers."""
SUMMED = ("Views", "Engaged views", "Impressions", "Likes", "Comments added", "Shares")
TABLE, CHART, TOTALS = "Table data.csv", "Chart data.csv", "Totals.csv"
GERMAN_NAMES = {TABLE: "Tabellendaten.csv", CHART: "Diagrammdaten.csv", TOTALS: "Gesamtsummen.csv"}


def content_table(taking: Taking) -> ExportFile:
    """The videos of a channel; people who watched two videos count once in the total of viewers, so it adds less."""
    words = GERMAN if taking.language == "de" else {}
    headers: list[Cell] = [words.get(name, name) for name in HEADERS]
    videos = [_row(taking, post) for post in taking.posts]
    total = _total(taking, videos) | {"Content": "Gesamt" if words else "Total"}
    tables: dict[str, list[Sequence[Cell]]] = {
        TABLE: [headers, *[[row.get(name) for name in HEADERS] for row in (total, *videos)]],
        CHART: [[headers[0], headers[4]], [f"{taking.at:%Y-%m-%d}", total["Views"]]],
        TOTALS: [headers[4:], [total.get(name) for name in HEADERS[4:]]],
    }
    files = {GERMAN_NAMES[name] if words else name: csv_bytes(rows, bom=False) for name, rows in tables.items()}
    since, until = (taking.local(moment) for moment in (taking.since, taking.at))
    name = f"{headers[0]} {since:%Y-%m-%d}_{until:%Y-%m-%d} {taking.account.account_name}.zip"
    return ExportFile(name, archive_bytes(files, at=taking.at))


def _total(taking: Taking, videos: Sequence[Mapping[str, Cell]]) -> dict[str, Cell]:
    total: dict[str, Cell] = {name: sum(int(str(video[name])) for video in videos) for name in SUMMED}
    viewers = sum(int(str(video["Unique viewers"])) for video in videos)
    return total | {"Unique viewers": int(viewers * 0.8), "Watch time (hours)": _hours(taking, *taking.posts)}


def _row(taking: Taking, post: WorldPost) -> dict[str, Cell]:
    views, seconds = taking.value(post, "views"), seconds_long(post)
    average = int(seconds * post.share("watched", low=0.2, high=0.6))
    impressions = taking.value(post, "impressions")
    return {
        "Content": post.post_id,
        "Video title": post.message,
        "Video publish time": _day(taking, post),
        "Duration": seconds,
        "Views": views,
        "Engaged views": int(views * post.share("engaged", low=0.6, high=0.9)),
        "Watch time (hours)": _hours(taking, post),
        "Average view duration": str(timedelta(seconds=average)),
        "Impressions": impressions,
        "Impressions click-through rate (%)": round(post.share("clicked", low=2, high=9), 2),
        "Likes": taking.value(post, "reactions"),
        "Comments added": taking.value(post, "comments"),
        "Shares": taking.value(post, "shares"),
        "Unique viewers": taking.value(post, "reach"),
    }


def _hours(taking: Taking, *posts: WorldPost) -> float:
    return round(sum(taking.value(post, "watch_time_ms") for post in posts) / 3_600_000, 4)


def _day(taking: Taking, post: WorldPost) -> str:
    """A day as the tool writes it: no time, `Oct 3, 2026`, in German `03.10.2026`."""
    day = taking.local(post.published_at)
    return f"{day:%d.%m.%Y}" if taking.language == "de" else f"{day:%b} {day.day}, {day:%Y}"
