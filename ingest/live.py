"""Probes of the live Graph API: what the sandbox can only assume. Each is a row of docs/live-checklist.md."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.check import found_and_todo
from ingest.check_meta import Check
from ingest.domain.errors import CampaignReachError, RequestRefused
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.graph.session import GraphApi

WHAT_TO_DO = "note it in docs/live-checklist.md: the sandbox and the client must learn it"


@dataclass(frozen=True, slots=True)
class Ground:
    """What the probes stand on: a Page that can be read, with its api object, and its Instagram account."""

    api: "GraphApi"
    page_id: str
    instagram_id: str | None
    settings: Settings


Probe = Callable[[Ground], str]
"""Tries one thing; what was found, which begins with `as expected` when it was."""


def run_probes(settings: Settings) -> list[Check]:
    """One check per probe, on the first Page of the registry that the tokens can read."""
    try:
        ground = _ground(settings)
    except CampaignReachError as error:
        found, todo = found_and_todo(str(error))
        return [Check("live", is_ok=False, found=found, what_to_do=todo or "mend the token first")]
    return [_probed(name, probe, ground) for name, probe in PROBES.items()]


def _ground(settings: Settings) -> Ground:
    from ingest.adapters.graph.access import api_with, readable_pages
    from ingest.adapters.registry import read_registry

    wanted = {account.account_id for account in read_registry(settings.campaigns_dir).accounts}
    pages = [page for page in readable_pages(settings) if page.page_id in wanted]
    if not pages:
        raise RequestRefused("No Page of the registry can be read with these tokens.")
    page = next((one for one in pages if one.instagram_id in wanted), pages[0])
    api = api_with(settings, page.token, account_id=page.page_id)
    return Ground(api, page.page_id, page.instagram_id, settings)


def _probed(name: str, probe: Probe, ground: Ground) -> Check:
    try:
        found = probe(ground)
    except CampaignReachError as error:
        found = str(error)
    return Check(f"live: {name}", is_ok=found.startswith(EXPECTED), found=found, what_to_do=WHAT_TO_DO)


EXPECTED = "as expected"
NO_INSTAGRAM = f"{EXPECTED}: nothing to try, no Instagram account is linked"


def _bearer(ground: Ground) -> str:
    ground.api.call("GET", (ground.page_id,), params={"fields": "id"})
    return f"{EXPECTED}: a token in the header is enough"


def _version(ground: Ground) -> str:
    served = ground.api.call("GET", (ground.page_id,), params={"fields": "id"}).graph_version
    return (
        f"{EXPECTED}: {served}"
        if served == ground.api.version
        else f"{served} answered, {ground.api.version} was asked"
    )


def _listing(ground: Ground, edge: str, object_id: str, platform: str) -> str:
    from datetime import UTC, datetime

    from ingest.adapters.graph.questions import insights_field
    from ingest.domain.metrics import expandable

    names = expandable(platform, on=datetime.now(UTC).date())
    fields = ",".join(("id", *insights_field(names)))
    answer = ground.api.call("GET", (object_id, edge), params={"fields": fields, "limit": "100"})
    return f"{EXPECTED}: {len(answer.json.get('data', []))} objects with {len(names)} metrics in one page"


def _page_listing(ground: Ground) -> str:
    return _listing(ground, "published_posts", ground.page_id, "facebook")


def _media_listing(ground: Ground) -> str:
    if ground.instagram_id is None:
        return NO_INSTAGRAM
    return _listing(ground, "media", ground.instagram_id, "instagram")


def _batch(ground: Ground) -> str:
    parts = ground.api.call_batch([ground.page_id])
    code = parts[0].get("code") if isinstance(parts[0], dict) else None
    return f"{EXPECTED}: a batch takes the header's token" if code == 200 else f"the part answered {code}"  # noqa: PLR2004


def _days(ground: Ground) -> str:
    params = {"metric": "page_media_view,page_total_media_view_unique", "period": "day"}
    data: list[dict[str, Any]] = ground.api.call("GET", (ground.page_id, "insights"), params=params).json["data"]
    ends = {value["end_time"][11:16] for one in data for value in one["values"]}
    return f"{EXPECTED}: days end at {', '.join(sorted(ends)) or 'nothing yet'} UTC"


def _listed(ground: Ground, path: tuple[str, ...], **params: str) -> list[dict[str, Any]]:
    """The objects of a list's first page."""
    from ingest.adapters.graph.answers import require_list

    found: list[dict[str, Any]] = ground.api.call("GET", path, params=params, accepts=require_list).json["data"]
    return found


def _reels(ground: Ground) -> str:
    reels = _listed(ground, (ground.page_id, "video_reels"), fields="id,post_id", limit="25")
    without = [one["id"] for one in reels if not one.get("post_id")]
    return f"{len(without)} of {len(reels)} reels name no post" if without else f"{EXPECTED}: {len(reels)} name theirs"


def _breakdown(ground: Ground) -> str:
    posts = _listed(ground, (ground.page_id, "published_posts"), fields="id", limit="1")
    if not posts:
        return f"{EXPECTED}: nothing to try, the Page has no post"
    data = _listed(ground, (posts[0]["id"], "insights"), metric="post_media_view", breakdown="is_from_ads")
    keys = sorted(str(value.get("is_from_ads")) for one in data for value in one.get("values", []))
    return f"{EXPECTED}: two rows, 0 and 1" if keys in (["0", "1"], []) else f"rows called {', '.join(keys)}"


def _stories(ground: Ground) -> str:
    stories = _listed(ground, (ground.page_id, "stories"), fields="post_id,creation_time")
    whole = all("post_id" in one and "creation_time" in one for one in stories)
    return f"{EXPECTED}: {len(stories)} stories" if whole else "a story without post_id or creation_time"


def _totals(ground: Ground) -> str:
    if ground.instagram_id is None:
        return NO_INSTAGRAM
    from datetime import UTC, datetime, timedelta

    from ingest.adapters.graph.batch import Noticed, read_asks
    from ingest.adapters.graph.instagram import day_asks

    until, noticed = datetime.now(UTC), Noticed()
    asks = day_asks(ground.instagram_id, until - timedelta(days=30), until, on=until.date())
    list(read_asks(ground.api, asks, noticed))
    refused = sorted({name for ask, _ in noticed.refused for name in ask.request.metrics})
    return f"refused: {', '.join(refused)}" if refused else f"{EXPECTED}: reach and all totals over thirty days"


def _parts(ground: Ground) -> str:
    """The first media and the first live story, if there are any, with what only they have, and its parts."""
    if ground.instagram_id is None:
        return NO_INSTAGRAM
    from datetime import UTC, datetime

    from ingest.adapters.graph.batch import Noticed, read_asks
    from ingest.adapters.graph.instagram import apart_asks

    on, noticed = datetime.now(UTC).date(), Noticed()
    fields = "id,media_product_type"
    media = _listed(ground, (ground.instagram_id, "media"), fields=fields, limit="25")
    stories = _listed(ground, (ground.instagram_id, "stories"), fields=fields)
    kinds = {str(one.get("media_product_type")): one["id"] for one in (*media, *stories)}
    asks = [ask for kind, one in kinds.items() for ask in apart_asks(one, kind, on=on)]
    list(read_asks(ground.api, asks, noticed))
    refused = sorted({name for ask, _ in noticed.refused for name in ask.request.metrics})
    return (
        f"refused: {', '.join(refused)}" if refused else f"{EXPECTED}: of {', '.join(sorted(kinds)) or 'nothing yet'}"
    )


def _next(ground: Ground) -> str:
    params = {"fields": "id", "limit": "1"}
    answer = ground.api.call("GET", (ground.page_id, "published_posts"), params=params).json
    address = (answer.get("paging") or {}).get("next")
    holds = "holds" if "access_token" in str(address) else "does not hold"
    return f"{EXPECTED}: `next` {holds} the token; it is cut out" if address else f"{EXPECTED}: there is one page only"


def _usage(ground: Ground) -> str:
    import json

    asked = ground.instagram_id or ground.page_id
    headers = ground.api.call("GET", (asked,), params={"fields": "id"}).headers
    told = json.loads(headers.get("x-business-use-case-usage") or "{}")
    types = sorted(str(one.get("type")) for one in told.get(asked, ()))
    if told and not types:
        return f"usage of {', '.join(sorted(told))}, not of {asked}"
    return f"{EXPECTED}: {', '.join(types) or 'no header yet'}"


def _page_token(ground: Ground) -> str:
    from ingest.adapters.graph.tokens import pages_of

    found = [one.page_id for one in pages_of(ground.api, "")]
    return f"{EXPECTED}: it is the Page's own" if found == [ground.page_id] else f"it lists {', '.join(found)}"


def _tokens(ground: Ground) -> str:
    from ingest.adapters.graph.access import readable_pages, token_facts

    pages, facts = readable_pages(ground.settings), token_facts(ground.settings)
    kinds = ", ".join(one.kind for one in facts)
    return f"{EXPECTED}: {len(pages)} Pages by {kinds}" if all(one.is_valid for one in facts) else f"{kinds}: not valid"


PROBES: dict[str, Probe] = {
    "bearer header": _bearer,
    "version header": _version,
    "expansion on Facebook": _page_listing,
    "expansion on Instagram": _media_listing,
    "batch": _batch,
    "days of a Page": _days,
    "reels": _reels,
    "breakdown": _breakdown,
    "stories of a Page": _stories,
    "totals of Instagram": _totals,
    "parts of Instagram": _parts,
    "next page": _next,
    "usage header": _usage,
    "Page token": _page_token,
    "tokens": _tokens,
}
