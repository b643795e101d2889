"""Twitter's tweet activity of 2021: a tool that our importer has no dialect for, so a table of somebody's own."""

from ingest.sandbox.exports.sheets import Cell, ExportFile, csv_bytes
from ingest.sandbox.exports.taking import Taking
from ingest.sandbox.staging import WorldPost

HEADERS = (
    "Tweet id", "Tweet permalink", "Tweet text", "time", "impressions", "engagements", "engagement rate", "retweets",
    "replies", "likes", "url clicks", "media views",
)  # fmt: skip


def activity(taking: Taking) -> ExportFile:
    """The tweets of an account; `-` stands where the tool has no number."""
    since, until = (taking.local(moment) for moment in (taking.since, taking.at))
    name = f"tweet_activity_metrics_{taking.account.account_id}_{since:%Y%m%d}_{until:%Y%m%d}_en.csv"
    return ExportFile(name, csv_bytes([HEADERS, *[_row(taking, post) for post in taking.posts]], bom=False))


def _row(taking: Taking, post: WorldPost) -> list[Cell]:
    impressions, engagements = taking.value(post, "impressions"), taking.value(post, "engagements")
    return [
        post.post_id,
        post.permalink,
        post.message,
        f"{post.published_at:%Y-%m-%d %H:%M} +0000",
        float(impressions),
        float(engagements),
        engagements / impressions if impressions else 0.0,
        float(taking.value(post, "shares")),
        float(taking.value(post, "comments")),
        float(taking.value(post, "reactions")),
        float(taking.value(post, "clicks")),
        "-",
    ]
