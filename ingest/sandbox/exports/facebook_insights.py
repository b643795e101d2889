"""Facebook Insights until 2022, "Post level data": a workbook with a row of descriptions under the header."""

from collections.abc import Mapping

from ingest.sandbox.exports.sheets import Cell, ExportFile, Rows, workbook_bytes
from ingest.sandbox.exports.taking import PACIFIC, Taking
from ingest.sandbox.staging import WorldPost

TYPES = {"photo": "Photo", "carousel": "Photo", "video": "Video", "reel": "Video", "live": "Video", "link": "Link"}
POST = ("Post ID", "Permalink", "Post Message", "Type", "Countries", "Languages", "Posted", "Audience Targeting")
METRICS: Mapping[str, str] = {
    "Lifetime Post Total Reach": "Lifetime: The number of people who had your Page's post enter their screen. "
    "Posts include statuses, photos, links, videos and more. (Unique Users)",
    "Lifetime Post organic reach": "Lifetime: The number of people who had your Page's post enter their screen "
    "through unpaid distribution. (Unique Users)",
    "Lifetime Post Paid Reach": "Lifetime: The number of people who had your Page's post enter their screen through "
    "paid distribution such as an ad. (Unique Users)",
    "Lifetime Post Total Impressions": "Lifetime: The number of times your Page's post entered a person's screen. "
    "(Total Count)",
    "Lifetime Post Organic Impressions": "Lifetime: The number of times your Page's posts entered a person's screen "
    "through unpaid distribution. (Total Count)",
    "Lifetime Post Paid Impressions": "Lifetime: The number of times your Page's post entered a person's screen "
    "through paid distribution such as an ad. (Total Count)",
    "Lifetime Engaged Users": "Lifetime: The number of unique people who engaged in certain ways with your Page post. "
    "(Unique Users)",
}
ACTIONS = ("like", "comment", "share")


def post_level(taking: Taking) -> ExportFile:
    """The posts of a Page: reach and impressions as Facebook defined them then, in a first sheet; actions in a second.

    Paid and organic reach do not add up to the total: who saw both is in both.
    """
    headers = (*POST, *METRICS)
    described: list[Cell] = [*[None] * len(POST), *METRICS.values()]
    metrics: Rows = [headers, described, *[_row(taking, post) for post in taking.posts]]
    told: list[Cell] = [*[None] * len(POST), *3 * ["Lifetime: The number of stories, by action type."]]
    actions: Rows = [
        (*POST, *ACTIONS),
        told,
        *[[*_post(taking, post), *_actions(taking, post)] for post in taking.posts],
    ]
    name = f"Facebook Insights Data Export (Post Level) - {taking.account.account_name} - {taking.at:%Y-%m-%d}.xlsx"
    sheets = {"Key Metrics": metrics, "Lifetime Talking About This": actions}
    return ExportFile(name, workbook_bytes(sheets, at=taking.at))


def _post(taking: Taking, post: WorldPost) -> list[Cell]:
    posted = post.published_at.astimezone(PACIFIC).strftime("%m/%d/%Y %I:%M:%S %p")
    kind = TYPES.get(post.media_format, "Status")
    return [post.post_id, post.permalink, post.message, kind, None, None, posted, None]


def _row(taking: Taking, post: WorldPost) -> list[Cell]:
    reach, impressions = taking.value(post, "reach"), taking.value(post, "impressions")
    paid = post.share("paid", low=0.0, high=0.3)
    paid_reach, paid_impressions = int(reach * paid * 1.05), int(impressions * paid)
    engaged = int(taking.value(post, "engagements") * post.share("engaged", low=0.7, high=0.95))
    organic_reach = int(reach * (1 - paid * 0.9))
    metrics = [reach, organic_reach, paid_reach, impressions, impressions - paid_impressions, paid_impressions, engaged]
    return [*_post(taking, post), *metrics]


def _actions(taking: Taking, post: WorldPost) -> list[Cell]:
    return [taking.value(post, fact) or None for fact in ("reactions", "comments", "shares")]
