"""Probes of the live Graph API: what the sandbox can only assume. Each is a row of docs/live-checklist.md."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.check import Check
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


Probe = Callable[[Ground], str]
"""Tries one thing; what was found, which begins with `as expected` when it was."""


def run_probes(settings: Settings) -> list[Check]:
    """One check per probe, on the first Page of the registry that the tokens can read."""
    try:
        ground = _ground(settings)
    except CampaignReachError as error:
        return [Check("live", is_ok=False, found=str(error), what_to_do="mend the token first")]
    return [_probed(name, probe, ground) for name, probe in PROBES.items()]


def _ground(settings: Settings) -> Ground:
    from ingest.adapters.graph.access import api_with, readable_pages
    from ingest.adapters.registry import read_registry

    wanted = {account.account_id for account in read_registry(settings.campaigns_dir).accounts}
    pages = [page for page in readable_pages(settings) if page.page_id in wanted]
    if not pages:
        raise RequestRefused("No Page of the registry can be read with these tokens.")
    page = next((one for one in pages if one.instagram_id in wanted), pages[0])
    return Ground(api_with(settings, page.token), page.page_id, page.instagram_id)


def _probed(name: str, probe: Probe, ground: Ground) -> Check:
    try:
        found = probe(ground)
    except CampaignReachError as error:
        found = str(error)
    return Check(f"live: {name}", is_ok=found.startswith(EXPECTED), found=found, what_to_do=WHAT_TO_DO)


EXPECTED = "as expected"


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
        return f"{EXPECTED}: nothing to try, no Instagram account is linked"
    return _listing(ground, "media", ground.instagram_id, "instagram")


def _batch(ground: Ground) -> str:
    import json

    parts = ground.api.call_batch({"batch": json.dumps([{"method": "GET", "relative_url": ground.page_id}])})
    code = parts[0].get("code") if isinstance(parts[0], dict) else None
    return f"{EXPECTED}: a batch takes the header's token" if code == 200 else f"the part answered {code}"  # noqa: PLR2004


def _days(ground: Ground) -> str:
    params = {"metric": "page_media_view,page_total_media_view_unique", "period": "day"}
    data: list[dict[str, Any]] = ground.api.call("GET", (ground.page_id, "insights"), params=params).json["data"]
    ends = {value["end_time"][11:16] for one in data for value in one["values"]}
    return f"{EXPECTED}: days end at {', '.join(sorted(ends)) or 'nothing yet'} UTC"


PROBES: dict[str, Probe] = {
    "bearer header": _bearer,
    "version header": _version,
    "expansion on Facebook": _page_listing,
    "expansion on Instagram": _media_listing,
    "batch": _batch,
    "days of a Page": _days,
}
