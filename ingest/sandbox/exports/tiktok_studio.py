"""TikTok Studio, content export: plays, likes and watch time; it tells no impressions and no people."""

from ingest.sandbox.exports.sheets import Cell, ExportFile, csv_bytes
from ingest.sandbox.exports.taking import Taking, seconds_long
from ingest.sandbox.staging import WorldPost

HEADERS = (
    "Video title", "Video link", "Post time", "Total likes", "Total comments", "Total shares", "Total views",
    "Total play time", "Average watch time", "Watched full video", "Add to favorites",
)  # fmt: skip


def content_table(taking: Taking) -> ExportFile:
    """The videos of an account; times are UTC."""
    rows = [_row(taking, post) for post in taking.posts]
    return ExportFile("Content.csv", csv_bytes([HEADERS, *rows], line_end="\r\n"))


def _row(taking: Taking, post: WorldPost) -> list[Cell]:
    views, seconds = taking.value(post, "views"), seconds_long(post)
    average = round(seconds * post.share("watched", low=0.2, high=0.6), 1)
    return [
        post.message,
        post.permalink,
        f"{post.published_at:%Y-%m-%d %H:%M:%S}",
        taking.value(post, "reactions"),
        taking.value(post, "comments"),
        taking.value(post, "shares"),
        views,
        round(views * average),
        average,
        f"{post.share('full', low=5, high=40):.2f}%",
        int(views * post.share("favourites", low=0.0, high=0.02)),
    ]
