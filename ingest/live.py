"""Probes of the live Graph API: what the sandbox can only assume. Each is a row of docs/live-checklist.md."""

from typing import Any

from ingest import live_instagram
from ingest.check import found_and_todo
from ingest.check_meta import Check
from ingest.domain.errors import CampaignReachError, RequestRefused
from ingest.live_ground import EXPECTED, Ground, Probe, asked_all, expanded_listing, listed
from ingest.settings import Settings

WHAT_TO_DO = "note it in docs/live-checklist.md: the sandbox and the client must learn it"


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


def _page_listing(ground: Ground) -> str:
    return expanded_listing(ground, "published_posts", ground.page_id, "facebook")


def _batch(ground: Ground) -> str:
    parts = ground.api.call_batch([ground.page_id])
    code = parts[0].get("code") if isinstance(parts[0], dict) else None
    return f"{EXPECTED}: a batch takes the header's token" if code == 200 else f"the part answered {code}"  # noqa: PLR2004


def _days(ground: Ground) -> str:
    params = {"metric": "page_media_view,page_total_media_view_unique", "period": "day"}
    data: list[dict[str, Any]] = ground.api.call("GET", (ground.page_id, "insights"), params=params).json["data"]
    ends = {value["end_time"][11:16] for one in data for value in one["values"]}
    return f"{EXPECTED}: days end at {', '.join(sorted(ends)) or 'nothing yet'} UTC"


def _reels(ground: Ground) -> str:
    reels = listed(ground, (ground.page_id, "video_reels"), fields="id,post_id", limit="25")
    without = [one["id"] for one in reels if not one.get("post_id")]
    return f"{len(without)} of {len(reels)} reels name no post" if without else f"{EXPECTED}: {len(reels)} name theirs"


def _metrics(ground: Ground) -> str:
    """Everything that is asked of a Page's days, and of the plays of its newest reels."""
    from datetime import timedelta

    from ingest.adapters.graph.facebook import day_asks, reel_asks

    until = ground.settings.clock()
    reels = listed(ground, (ground.page_id, "video_reels"), fields="id,post_id", limit="3")
    asks = day_asks(ground.page_id, until - timedelta(days=30), until, on=until.date())
    return asked_all(ground, [*asks, *reel_asks(reels, on=until.date())], f"thirty days, and {len(reels)} reels")


def _larger_page(ground: Ground) -> str:
    params = {"fields": "id", "limit": "101"}
    try:
        found = listed(ground, (ground.page_id, "published_posts"), **params)
    except RequestRefused as error:
        return f"{EXPECTED}: refused, code {error.code}"
    return f"a page of 101 is served, with {len(found)} posts"


def _cursor(ground: Ground) -> str:
    from ingest.adapters.graph.pager import CURSOR_IS_OVER

    try:
        listed(ground, (ground.page_id, "published_posts"), fields="id", after="bm90IGEgY3Vyc29y")
    except RequestRefused as error:
        return f"{EXPECTED}: code {error.code}" if error.code == CURSOR_IS_OVER else f"code {error.code}: {error}"
    return "a cursor that was never given is served"


def _breakdown(ground: Ground) -> str:
    posts = listed(ground, (ground.page_id, "published_posts"), fields="id", limit="1")
    if not posts:
        return f"{EXPECTED}: nothing to try, the Page has no post"
    data = listed(ground, (posts[0]["id"], "insights"), metric="post_media_view", breakdown="is_from_ads")
    keys = sorted(str(value.get("is_from_ads")) for one in data for value in one.get("values", []))
    return f"{EXPECTED}: two rows, 0 and 1" if keys in (["0", "1"], []) else f"rows called {', '.join(keys)}"


def _stories(ground: Ground) -> str:
    stories = listed(ground, (ground.page_id, "stories"), fields="post_id,creation_time")
    whole = all("post_id" in one and "creation_time" in one for one in stories)
    return f"{EXPECTED}: {len(stories)} stories" if whole else "a story without post_id or creation_time"


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
    "expansion on Instagram": live_instagram.media_listing,
    "batch": _batch,
    "days of a Page": _days,
    "metrics of a Page": _metrics,
    "larger page": _larger_page,
    "cursor": _cursor,
    "reels": _reels,
    "breakdown": _breakdown,
    "stories of a Page": _stories,
    "totals of Instagram": live_instagram.totals,
    "parts of Instagram": live_instagram.parts,
    "days of Instagram": live_instagram.days,
    "next page": _next,
    "usage header": _usage,
    "Page token": _page_token,
    "tokens": _tokens,
}
