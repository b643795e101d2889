"""Meta Business Suite, content export: one row per post, lifetime numbers, Pacific times, headers in its language."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from ingest.sandbox.exports.sheets import Cell, ExportFile, csv_bytes
from ingest.sandbox.exports.taking import PACIFIC, Taking, bare_id, seconds_long, thousands
from ingest.sandbox.staging import WorldPost

FACEBOOK = (
    "Post ID", "Page ID", "Page name", "Title", "Description", "Duration (sec)", "Publish time", "Caption type",
    "Permalink", "Is crosspost", "Is share", "Post type", "Languages", "Custom labels", "Funded content status",
    "Data comment", "Date", "Views", "Reach", "Reactions, Comments and Shares", "Reactions", "Comments", "Shares",
    "Total clicks", "Other Clicks", "Matched Audience Targeting Consumption (Photo Click)", "Link Clicks",
    "Seconds viewed", "Average Seconds viewed", "3-second video views", "Estimated earnings (USD)",
)  # fmt: skip
INSTAGRAM = (
    "Post ID", "Account ID", "Account username", "Account name", "Description", "Duration (sec)", "Publish time",
    "Permalink", "Post type", "Data comment", "Date", "Views", "Reach", "Likes", "Shares", "Follows", "Comments",
    "Saves",
)  # fmt: skip
HEADERS: Mapping[str, Mapping[str, str]] = {
    "en": {},
    "de": {
        "Post ID": "Beitrags-ID", "Page ID": "Seiten-ID", "Page name": "Seitenname", "Account ID": "Konto-ID",
        "Account username": "Konto-Benutzername", "Account name": "Kontoname", "Title": "Titel",
        "Description": "Beschreibung", "Duration (sec)": "Dauer (Sek.)", "Publish time": "Veröffentlichungszeit",
        "Permalink": "Permalink", "Post type": "Beitragstyp", "Data comment": "Datenkommentar", "Date": "Datum",
        "Views": "Aufrufe", "Reach": "Reichweite", "Reactions": "Reaktionen", "Comments": "Kommentare",
        "Reactions, Comments and Shares": "Reaktionen, Kommentare und geteilte Inhalte",
        "Shares": "Geteilte Inhalte", "Likes": "„Gefällt mir“-Angaben", "Saves": "Gespeicherte Inhalte",
        "Follows": "Follower", "Total clicks": "Klicks insgesamt", "Link Clicks": "Link-Klicks",
        "Languages": "Sprachen",
    },
    "pt": {
        "Post ID": "Identificação da publicação", "Page ID": "Identificação da Página",
        "Page name": "Nome da Página", "Account ID": "Identificação da conta",
        "Account username": "Nome de utilizador da conta", "Account name": "Nome da conta", "Title": "Título",
        "Description": "Descrição", "Duration (sec)": "Duração (segundos)", "Publish time": "Hora de publicação",
        "Permalink": "Ligação permanente", "Post type": "Tipo de publicação", "Data comment": "Comentário de dados",
        "Date": "Data", "Views": "Visualizações", "Reach": "Alcance", "Reactions": "Reações",
        "Reactions, Comments and Shares": "Reações, comentários e partilhas", "Comments": "Comentários",
        "Shares": "Partilhas", "Likes": "Gostos", "Saves": "Guardados", "Follows": "Seguimentos",
        "Total clicks": "Total de cliques", "Link Clicks": "Cliques em ligações", "Languages": "Idiomas",
    },
}  # fmt: skip
"""Headers by language; what is missing stays English, as in the tool itself."""
LIFETIME = {"en": "Lifetime", "de": "Gesamte Laufzeit", "pt": "Vitalício"}
TIMES = {"en": "%m/%d/%Y %H:%M", "de": "%d.%m.%Y %H:%M", "pt": "%d/%m/%Y %H:%M"}
TYPES = {
    "facebook": {
        "photo": "Photos", "carousel": "Photos", "video": "Videos", "reel": "Reels", "live": "Live", "link": "Links",
        "text": "Text",
    },
    "instagram": {"photo": "IG image", "carousel": "IG carousel", "video": "IG reel", "reel": "IG reel"},
}  # fmt: skip
INSTAGRAM_TYPES = {
    "de": {"IG image": "IG Bild", "IG carousel": "IG Karussell", "IG reel": "IG Reel"},
    "pt": {
        "IG image": "Imagem do Instagram",
        "IG carousel": "Carrossel do Instagram",
        "IG reel": "Reel do Instagram",
    },
}
COMMENT = "An error occurred while computing metadata for content with ID {}."


def facebook_posts(taking: Taking) -> ExportFile:
    """The posts of a Page; at the end a row without a post, for one that the tool could not compute."""
    rows = [_in_order(FACEBOOK, _facebook_row(taking, post)) for post in taking.posts]
    failed = {"Data comment": COMMENT.format(_failed_id(taking)), "Date": LIFETIME[taking.language]}
    return _file(taking, FACEBOOK, [*rows, _in_order(FACEBOOK, failed)])


def instagram_posts(taking: Taking) -> ExportFile:
    """The media of an Instagram account."""
    return _file(taking, INSTAGRAM, [_in_order(INSTAGRAM, _instagram_row(taking, post)) for post in taking.posts])


def instagram_posts_2021(taking: Taking) -> ExportFile:
    """The media of an Instagram account as the tool wrote them in 2021: impressions, and no views yet."""
    headers = tuple("Impressions" if name == "Views" else name for name in INSTAGRAM)
    rows = [
        _in_order(headers, _instagram_row(taking, post) | {"Impressions": thousands(taking.value(post, "impressions"))})
        for post in taking.posts
    ]
    return _file(taking, headers, rows)


def publish_time(taking: Taking, moment: datetime) -> str:
    """A moment as the tool writes it: Pacific time, and nothing says so."""
    return moment.astimezone(PACIFIC).strftime(TIMES[taking.language])


def _facebook_row(taking: Taking, post: WorldPost) -> dict[str, Cell]:
    clicks, watched = taking.value(post, "clicks"), taking.value(post, "watch_time_ms") // 1000
    on_link = int(clicks * post.share("link clicks", low=0.1, high=0.6))
    views = taking.value(post, "views")
    plays = post.media_format in ("video", "reel", "live")
    return _both(taking, post) | {
        "Post ID": bare_id(post),
        "Page ID": post.account_id,
        "Page name": taking.account.account_name,
        "Title": post.message.splitlines()[0],
        "Is crosspost": 0,
        "Is share": 0,
        "Reach": None if taking.is_small else taking.value(post, "reach"),
        "Reactions, Comments and Shares": taking.value(post, "engagements"),
        "Reactions": taking.value(post, "reactions"),
        "Total clicks": thousands(clicks),
        "Other Clicks": clicks - on_link,
        "Link Clicks": on_link,
        "Seconds viewed": watched if plays else None,
        "Average Seconds viewed": round(watched / views, 3) if plays and views else None,
        "3-second video views": taking.value(post, "video_views_3s") if plays else None,
    }


def _instagram_row(taking: Taking, post: WorldPost) -> dict[str, Cell]:
    kind = TYPES["instagram"].get(post.media_format, "IG image")
    return _both(taking, post) | {
        "Post ID": post.post_id,
        "Account ID": post.account_id,
        "Account username": taking.account.account_name,
        "Account name": taking.account.account_name,
        "Post type": INSTAGRAM_TYPES.get(taking.language, {}).get(kind, kind),
        "Reach": taking.value(post, "reach"),
        "Likes": taking.value(post, "reactions"),
        "Follows": int(taking.value(post, "reach") * post.share("follows", low=0.0, high=0.005)),
        "Saves": taking.value(post, "saves"),
    }


def _both(taking: Taking, post: WorldPost) -> dict[str, Cell]:
    """What both tools say of a post."""
    return {
        "Description": post.message,
        "Duration (sec)": seconds_long(post),
        "Publish time": publish_time(taking, post.published_at),
        "Permalink": post.permalink,
        "Post type": TYPES[post.platform].get(post.media_format),
        "Date": LIFETIME[taking.language],
        "Views": thousands(taking.value(post, "views")),
        "Comments": taking.value(post, "comments"),
        "Shares": taking.value(post, "shares"),
    }


def _in_order(headers: tuple[str, ...], row: Mapping[str, Cell]) -> Iterator[Cell]:
    return (row.get(name) for name in headers)


def _failed_id(taking: Taking) -> str:
    return f"1221{int(taking.account.account_id) % 10**13:013d}9"


def _file(taking: Taking, headers: tuple[str, ...], rows: list[Iterator[Cell]]) -> ExportFile:
    words = HEADERS[taking.language]
    first, last = (taking.local(day) for day in (taking.since, taking.at))
    name = f"{first:%b-%d-%Y}_{last:%b-%d-%Y}_{int(taking.account.account_id) % 10**10}.csv"
    return ExportFile(name, csv_bytes([[words.get(one, one) for one in headers], *[list(row) for row in rows]]))
