"""Checks: is everything there that a run needs; one line each, with what to do."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ingest.domain.errors import CampaignReachError
from ingest.domain.graph_versions import TOLD_BEFORE, ends_on, newest_version
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.graph.tokens import TokenFacts

NEEDED_SCOPES = ("pages_show_list", "pages_read_engagement", "read_insights")
WARNED_BEFORE = timedelta(days=14)
EMPTY_ACCOUNTS = """
    select account_id from raw.snapshots where source = 'api' and object_kind = 'post'
    group by account_id
    having count(*) > 10 and count(value) = 0 and bool_and(reason = 'not_yet_available')
    order by 1
"""
"""Accounts of which every metric of every post is empty, and nothing was refused."""
INSTAGRAM_SCOPES = ("instagram_basic", "instagram_manage_insights")


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and what to do when it is not right."""

    name: str
    is_ok: bool
    found: str
    what_to_do: str = ""


def run_checks(settings: Settings) -> list[Check]:
    """One check each of registry, version, tokens and their scopes, accounts, warehouse, publication."""
    return [
        result
        for name, look in (
            ("registry", _registry),
            ("version", _version),
            ("token", _tokens),
            ("accounts", _accounts),
            ("blocks", _blocks),
            ("warehouse", _warehouse),
            ("insights", _insights),
            ("refusals", _refusals),
            ("listing", _gaps),
            ("publication", _publication),
        )
        for result in _looked(name, look, settings)
    ]


def without_repeats(checks: Iterable[Check]) -> list[Check]:
    """The checks, each complaint once: without a token everything that asks Meta fails for the same reason."""
    told: set[tuple[bool, str]] = set()
    left = []
    for check in checks:
        if check.is_ok or (check.is_ok, check.found) not in told:
            left.append(check)
        told.add((check.is_ok, check.found))
    return left


def _looked(name: str, look: Callable[[Settings], Iterator[Check]], settings: Settings) -> Iterator[Check]:
    try:
        yield from look(settings)
    except CampaignReachError as error:
        found, todo = found_and_todo(str(error))
        yield Check(name, is_ok=False, found=found, what_to_do=todo or "mend it, then `campaign-reach check` again")


def found_and_todo(message: str) -> tuple[str, str]:
    """What a message of ours says went wrong, and what it says to do."""
    for mark in ("\n", " What to do: ", ". "):
        found, _, todo = message.partition(mark)
        if todo:
            return found.rstrip("."), todo.strip()
    return message, ""


def _registry(settings: Settings) -> Iterator[Check]:
    from ingest.adapters.registry import read_registry

    registry = read_registry(settings.campaigns_dir)
    figures = sum(len(campaign.published_figures) for campaign in registry.campaigns)
    yield Check(
        "registry",
        is_ok=True,
        found=f"{len(registry.campaigns)} campaigns, {len(registry.accounts)} accounts, {figures} published figures",
    )


def _version(settings: Settings) -> Iterator[Check]:
    yield version_check(settings.graph_version, now=settings.clock())


def version_check(version: str, *, now: datetime) -> Check:
    """How long Meta still serves the Graph API version that is asked for; a complaint from 60 days before its end."""
    end = ends_on(version)
    left = end - now.date() if end else None
    if left is None:
        said = "Meta has named no end"
    elif left <= timedelta():
        said = f"over since {end}; Meta answers with another one, whose numbers may mean something else"
    else:
        said = f"served until {end}, {left.days} days more"
    return Check(
        "version",
        is_ok=left is None or left > TOLD_BEFORE,
        found=f"Graph API {version}: {said}",
        what_to_do=f"set CAMPAIGN_REACH_GRAPH_VERSION to {newest_version()}, run `campaign-reach check --live`, and "
        "read docs/how-to/add-a-metric.md if a metric has changed",
    )


def _tokens(settings: Settings) -> Iterator[Check]:
    from ingest.adapters.graph.access import token_facts

    for number, facts in enumerate(token_facts(settings), start=1):
        yield token_check(f"token {number}", facts, now=settings.clock(), app_id=settings.app_id)


def token_check(name: str, facts: "TokenFacts", *, now: datetime, app_id: str) -> Check:
    """What there is to say of one token: is it valid, for how long, with which permissions."""
    missing = [scope for scope in (*NEEDED_SCOPES, *INSTAGRAM_SCOPES) if scope not in facts.scopes]
    expires = f"expires {facts.expires_at:%Y-%m-%d}" if facts.expires_at else "does not expire"
    access = f", data access until {facts.data_until:%Y-%m-%d}" if facts.data_until else ""
    ends = min((one for one in (facts.expires_at, facts.data_until) if one), default=None)
    is_ending = ends is not None and ends - now < WARNED_BEFORE
    is_foreign = bool(app_id) and facts.app_id != app_id and facts.is_valid
    if not facts.is_valid:
        todo = "make a new one (docs/how-to/connect-to-meta.md), and take this one out of the settings"
    elif is_foreign:
        todo = f"CAMPAIGN_REACH_APP_ID says {app_id}: take the token of that app, or set the id right"
    elif missing:
        todo = "make a new token with these permissions"
    else:
        todo = (
            "renew it before then: make a new token, put it before the old one, and remove the old one when it is over"
        )
    whose = f"{facts.kind.lower().replace('_', ' ')} of app {facts.app_id}, {expires}{access}"
    scopes = f", without {', '.join(missing)}" if missing else ", all scopes"
    return Check(
        name,
        is_ok=facts.is_valid and not missing and not is_ending and not is_foreign,
        found=whose + scopes if facts.is_valid else f"not valid: {facts.why or 'Meta does not say why'}",
        what_to_do=todo,
    )


def _insights(settings: Settings) -> Iterator[Check]:
    """Do insights come at all? Without `read_insights` Meta answers 200 with empty lists, and no error."""
    from ingest.adapters.warehouse import open_warehouse

    if not settings.warehouse_path.exists():
        return
    with open_warehouse(settings.warehouse_path) as connection:
        rows = connection.execute(EMPTY_ACCOUNTS).fetchall()
    yield Check(
        "insights",
        is_ok=not rows,
        found="every account that was read reports some"
        if not rows
        else f"none at all of {', '.join(a for (a,) in rows)}",
        what_to_do="the token lacks read_insights or instagram_manage_insights: Meta then answers empty lists",
    )


def _refusals(settings: Settings) -> Iterator[Check]:
    """What does Meta refuse, since when? A dead metric is a fact; a list without permission is somebody's task."""
    from ingest.adapters.state import ClientState

    refused = ClientState(settings.state_path).refusals()
    missing = [one for one in refused if one.reason == "permission_missing"]
    odd = [one for one in refused if one.reason == "odd"]
    told = [f"{one.graph_name} of {one.account_id} since {one.since:%Y-%m-%d} ({one.reason})" for one in refused]
    yield Check(
        "refusals",
        is_ok=not missing and not odd,
        found="; ".join(told) or "Meta refuses nothing that is asked",
        what_to_do="give the token the permission that the list needs (docs/how-to/connect-to-meta.md)"
        if missing
        else "the log says in Meta's words why: a metric or a list has changed",
    )


def _gaps(settings: Settings) -> Iterator[Check]:
    """Did Meta list all posts? Of a year it lists about 600 at most."""
    from ingest.adapters.state import ClientState

    gaps = ClientState(settings.state_path).gaps()
    told = [
        f"{one.account_id} shows {one.listed} posts of {one.year}, the oldest of {one.listed_since:%Y-%m-%d}"
        for one in gaps
    ]
    yield Check(
        "listing",
        is_ok=not gaps,
        found="; ".join(told) or "no account has as many posts of a year as Meta lists at most",
        what_to_do="Meta lists about 600 posts of a year: import a Business Suite export of the rest of that year",
    )


def _blocks(settings: Settings) -> Iterator[Check]:
    """Has Meta blocked an account? Nothing is asked of it for a day then, and somebody must look why."""
    from ingest.adapters.state import ClientState

    blocked = ClientState(settings.state_path).blocks(at=settings.clock())
    if blocked:
        yield Check("blocks", is_ok=False, found=blocked_until(blocked), what_to_do=TODO_OF_BLOCKED)


def blocked_until(blocked: Mapping[str, datetime]) -> str:
    """Which accounts Meta has blocked, and until when nothing is asked of them."""
    named = ", ".join(f"{account} (nothing is asked until {at:%Y-%m-%d %H:%M} UTC)" for account, at in blocked.items())
    return f"Meta has blocked {named}"


TODO_OF_BLOCKED = "read what the app's dashboard and the account's support inbox say of it (code 368), and mend that"


def _accounts(settings: Settings) -> Iterator[Check]:
    """Can each account be read that is to be read by the API; and which ones come by file instead."""
    from ingest.adapters.graph.access import readable_pages
    from ingest.adapters.registry import read_registry

    accounts = read_registry(settings.campaigns_dir).accounts
    wanted = {one.account_id for one in accounts if one.source == "api"}
    readable = {one for page in readable_pages(settings) for one in (page.page_id, page.instagram_id)}
    missing = sorted(wanted - readable)
    yield Check(
        "accounts",
        is_ok=not missing,
        found=f"{len(wanted) - len(missing)} of {len(wanted)} can be read"
        + (f"; not {', '.join(missing)}" if missing else ""),
        what_to_do="give the token's owner a role on these accounts; or write `source: export` at the account in its "
        "campaign file, and import what its owner sends",
    )
    by_file = [one.account_id for one in accounts if one.source == "export"]
    if by_file:
        yield Check("exports", is_ok=True, found=f"{len(by_file)} accounts come by file: {', '.join(by_file)}")


def _warehouse(settings: Settings) -> Iterator[Check]:
    from ingest.adapters.warehouse import loaded_keys, open_warehouse

    if not settings.warehouse_path.exists():
        yield Check("warehouse", is_ok=True, found="none yet; `campaign-reach load` makes it")
        return
    with open_warehouse(settings.warehouse_path) as connection:
        yield Check("warehouse", is_ok=True, found=f"{len(loaded_keys(connection))} landed files loaded")


def _publication(settings: Settings) -> Iterator[Check]:
    from ingest.adapters.publication.open_publication import open_publication

    publication = open_publication(settings)
    served = publication.served()
    if served is None:
        yield Check("publication", is_ok=True, found="none yet; `campaign-reach publish` makes it")
    else:
        whole = publication.is_whole(served)
        yield Check(
            "publication",
            is_ok=whole,
            found=f"version {served.version}" + ("" if whole else ", with a file missing or cut"),
            what_to_do="publish again: it is made anew from the warehouse",
        )
