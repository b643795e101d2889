"""Checks: is everything there that a run needs; one line each, with what to do."""

from collections.abc import Callable, Iterable, Iterator

from ingest.check_meta import AFTER_A_BLOCK, Check, blocked_until, token_check, version_check
from ingest.domain.errors import CampaignReachError
from ingest.settings import Settings

EMPTY_ACCOUNTS = """
    select account_id from raw.snapshots where source = 'api' and object_kind = 'post'
    group by account_id
    having count(*) > 10 and count(value) = 0 and bool_and(reason = 'not_yet_available')
    order by 1
"""
"""Accounts of which every metric of every post is empty, and nothing was refused."""


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


def _tokens(settings: Settings) -> Iterator[Check]:
    from ingest.adapters.graph.access import token_facts

    for number, facts in enumerate(token_facts(settings), start=1):
        yield token_check(f"token {number}", facts, now=settings.clock(), app_id=settings.app_id)


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
        yield Check("blocks", is_ok=False, found=blocked_until(blocked), what_to_do=AFTER_A_BLOCK)


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
