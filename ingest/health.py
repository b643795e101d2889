"""Health: what stands where, one reading each, with its level and what to do; for people, monitors and alerts."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, Literal

from ingest.domain.errors import CampaignReachError, TokenRefused, WarehouseBusy
from ingest.settings import Settings

Level = Literal["ok", "warning", "critical"]
LEVELS: tuple[Level, ...] = ("ok", "warning", "critical")
"""Their places are the exit statuses that a monitor sees."""
LATE_MINUTES, LOST_MINUTES = 20, 60
"""Two sweeps: an event that waits longer has nobody who follows it; after an hour that is critical."""
STALE_HOURS = 50
"""Every account is read once a day, whatever else: so long means that two days were missed."""
GROWN_SINCE = timedelta(days=1)
NOT_ACCEPTED = timedelta(minutes=30)
DEMO, PLAYED = "demo", "played"
"""Under these the client remembers until when the demo has played."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that was looked at: of what, how it is, what was found, what to do; `facts` are for machines."""

    name: str
    level: Level
    found: str
    what_to_do: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)


def read_health(settings: Settings, *, with_tokens: bool = True) -> list[Reading]:
    """The readings of landing, queue, accounts, quota, quarantine, tokens, warehouse, publication and its gate."""
    looks: list[tuple[str, Callable[[Settings], Iterator[Reading]]]] = [
        ("landed", _landing),
        ("queue", _queue),
        ("accounts", _accounts),
        ("quota", _quota),
        ("blocks", _blocks),
        ("version", _version),
        ("quarantine", _quarantine),
        ("served", _publication),
    ]
    if with_tokens:
        looks.insert(-1, ("tokens", _tokens))
    played = _played_until(settings)
    if played:
        settings = settings.model_copy(update={"now": played})
        looks.insert(0, ("clock", _demo_clock))
    return [reading for name, look in looks for reading in _looked(name, look, settings)]


def _played_until(settings: Settings) -> datetime | None:
    """The moment at which the demo ended, if nothing has landed since: ages are counted to then."""
    from ingest.adapters.landing.open_landing import open_landing
    from ingest.adapters.state import ClientState

    if settings.now or not settings.state_path.exists():
        return None
    try:
        played = ClientState(settings.state_path).read_until(PLAYED).get(DEMO)
        landed = open_landing(settings).landed_keys() if played else []
    except CampaignReachError:  # the readings themselves say so
        return None
    return None if landed and played and _moment_of(landed[-1]) > played else played


def _demo_clock(settings: Settings) -> Iterator[Reading]:
    at = settings.clock()
    said = f"the demo's: it ended at {at:%Y-%m-%d %H:%M} UTC on its own clock, and nothing has landed since"
    yield Reading("clock", "ok", said, facts={"played_until": _text(at)})


def worst(readings: list[Reading]) -> Level:
    """The worst level of all."""
    return max((one.level for one in readings), key=LEVELS.index, default="ok")


def _looked(name: str, look: Callable[[Settings], Iterator[Reading]], settings: Settings) -> Iterator[Reading]:
    try:
        yield from look(settings)
    except WarehouseBusy:
        yield Reading(name, "ok", "the warehouse is in use just now: not asked")
    except CampaignReachError as error:
        first, _, rest = str(error).partition("\n")
        yield Reading(name, "critical", first, rest or "campaign-reach check")


def _landing(settings: Settings) -> Iterator[Reading]:
    from ingest.adapters.accepted_loads import not_accepted
    from ingest.adapters.landing.open_landing import open_landing
    from ingest.adapters.warehouse import loaded_keys
    from ingest.adapters.warehouse_file import opened

    landed = open_landing(settings).landed_keys()
    newest = f", newest {_moment_of(landed[-1]):%Y-%m-%d %H:%M} UTC" if landed else ""
    facts: dict[str, Any] = {"files": len(landed), "newest_at": _text(_moment_of(landed[-1])) if landed else None}
    yield Reading("landed", "ok", f"{len(landed)} files{newest}", facts=facts)
    if not settings.warehouse_path.exists():
        return
    with opened(settings.warehouse_path) as warehouse:
        loaded = loaded_keys(warehouse)
        waiting = len(not_accepted(warehouse))
        (newest_load,) = warehouse.execute("select max(loaded_at) from raw.load_log").fetchone() or (None,)
    behind = len(set(landed) - loaded)
    is_stuck = waiting and newest_load and settings.clock() - newest_load.replace(tzinfo=UTC) > NOT_ACCEPTED
    yield Reading(
        "loaded",
        "critical" if is_stuck else "ok",
        f"{len(loaded)} files, {behind} not yet" + (f"; {waiting} that no gate has let pass" if is_stuck else ""),
        "campaign-reach publish says why the gate of the landed batch stops" if is_stuck else "",
        {"files": len(loaded), "not_loaded": behind, "not_accepted": waiting},
    )


def _queue(settings: Settings) -> Iterator[Reading]:
    from ingest.adapters.queue.open_queue import open_events, open_queue
    from ingest.steps.follow import oldest_unacknowledged

    counts = open_events(settings).counts()
    said = ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
    oldest = oldest_unacknowledged(settings)
    minutes = round((settings.clock() - oldest).total_seconds() / 60) if oldest else 0
    late = f"; the oldest waits for {minutes} minutes" if oldest else ""
    level: Level = "critical" if minutes > LOST_MINUTES else "warning" if minutes > LATE_MINUTES else "ok"
    todo = "is nobody following? campaign-reach follow" if level != "ok" else ""
    yield Reading("events", level, said + late, todo, {"states": counts, "oldest_minutes": minutes if oldest else None})
    dead = counts.get("dead", 0)
    if dead:
        yield Reading("dead events", "warning", f"{dead} gave up", "campaign-reach events --state dead", {"dead": dead})
    dead = open_queue(settings).facts().dead
    if dead:
        said, todo = f"{dead} were taken five times, and never finished", "campaign-reach events --redrive"
        yield Reading("dead deliveries", "warning", said, todo, {"dead": dead})


def _accounts(settings: Settings) -> Iterator[Reading]:
    """One reading of all accounts that were read lately or came by file, and one of each that was not read for long."""
    from ingest.adapters.landing.open_landing import open_landing
    from ingest.adapters.registry import read_registry
    from ingest.adapters.state import ClientState

    read, now = ClientState(settings.state_path).read_until("listing"), settings.clock()
    wanted = {
        one.account_id: one.account_name
        for one in read_registry(settings.campaigns_dir).accounts
        if one.platform in ("facebook", "instagram") and one.source == "api"
    }
    hours = {one: (now - read[one]) / timedelta(hours=1) for one in wanted if one in read}
    by_file = {key.split("/")[2] for key in open_landing(settings).landed_keys() if key.startswith("export/")}
    fresh = {one for one, age in hours.items() if age <= STALE_HOURS} | (by_file & set(wanted) - set(hours))
    ages = {one: round(age, 1) for one, age in hours.items()}
    yield Reading(
        "accounts", "ok", f"{len(fresh)} of {len(wanted)} read lately, or imported", facts={"hours_since_read": ages}
    )
    for account_id in sorted(set(wanted) - fresh):
        when = f"was read {hours[account_id]:.0f} hours ago" if account_id in hours else "was never read"
        yield Reading(
            f"account {account_id}",
            "warning",
            f"{wanted[account_id]} {when}",
            "campaign-reach refresh --account " + account_id,
            {"account_id": account_id, "hours_since_read": ages.get(account_id)},
        )


def _quota(settings: Settings) -> Iterator[Reading]:
    from ingest.adapters.state import THE_APP, ClientState

    now = settings.clock()
    quotas = ClientState(settings.state_path).quotas()
    resting = [one for one in quotas if one.not_before_at and one.not_before_at > now]
    fullest = max((one.used_pct for one in quotas), default=0)
    said = f"the fullest account has used {fullest} %, {len(resting)} of {len(quotas)} rest"
    is_used_up = any(one.account_id == THE_APP for one in resting) or 0 < len(resting) == len(quotas)
    todo = "every account rests: nothing is read until Meta gives access again (campaign-reach quota)"
    facts = {
        "used_pct": {one.account_id: one.used_pct for one in quotas},
        "resting": [one.account_id for one in resting],
    }
    yield Reading("quota", "warning" if is_used_up else "ok", said, todo if is_used_up else "", facts)


def _blocks(settings: Settings) -> Iterator[Reading]:
    """Accounts that Meta has blocked: somebody must look why."""
    from ingest.adapters.state import ClientState
    from ingest.check_meta import AFTER_A_BLOCK, blocked_until

    blocked = ClientState(settings.state_path).blocks(at=settings.clock())
    if blocked:
        yield Reading("blocked", "critical", blocked_until(blocked), AFTER_A_BLOCK, {"blocked": sorted(blocked)})


def _version(settings: Settings) -> Iterator[Reading]:
    """How long the Graph API version is served; a warning from 60 days before its end, critical when it is over."""
    from ingest.check_meta import version_check
    from ingest.domain.graph_versions import ends_on

    check, end = version_check(settings.graph_version, now=settings.clock()), ends_on(settings.graph_version)
    is_over = end is not None and end <= settings.clock().date()
    level: Level = "ok" if check.is_ok else "critical" if is_over else "warning"
    facts = {"version": settings.graph_version, "ends_on": end.isoformat() if end else None}
    yield Reading("version", level, check.found, "" if check.is_ok else check.what_to_do, facts)


def _quarantine(settings: Settings) -> Iterator[Reading]:
    """How much waits in quarantine; a warning while it has grown within a day."""
    from ingest.adapters.warehouse_file import opened

    since = settings.clock() - GROWN_SINCE
    seen = [
        datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["seen_at"])
        for path in settings.quarantine_dir.glob("*.json")
    ]
    if settings.warehouse_path.exists():
        with opened(settings.warehouse_path) as warehouse:
            rows = warehouse.execute("select seen_at from raw.quarantine where state = 'waiting'").fetchall()
        seen += [at.replace(tzinfo=UTC) for (at,) in rows]
    new = sum(at > since for at in seen)
    said = f"{len(seen)} objects and answers" + (f", {new} of them within a day" if new else "")
    todo = "campaign-reach quarantine" if new else ""
    yield Reading("quarantine", "warning" if new else "ok", said, todo, {"waiting": len(seen), "within_a_day": new})


def _tokens(settings: Settings) -> Iterator[Reading]:
    """What Meta says of each token; a warning before it ends."""
    from ingest.adapters.graph.access import token_facts
    from ingest.check_meta import token_check

    try:
        found = token_facts(settings)
    except TokenRefused as error:
        if not (settings.access_tokens or settings.access_connection or settings.access_tokens_file):
            yield Reading("tokens", "ok", "none is set")
            return
        yield Reading("tokens", "critical", str(error), "make a new token (docs/how-to/connect-to-meta.md)")
        return
    except CampaignReachError as error:
        yield Reading("tokens", "warning", f"Meta could not be asked: {str(error).splitlines()[0]}", "try again later")
        return
    for number, facts in enumerate(found, start=1):
        check = token_check(f"token {number}", facts, now=settings.clock(), app_id=settings.app_id)
        level: Level = "ok" if check.is_ok else "warning" if facts.is_valid else "critical"
        ends = {"expires_at": _text(facts.expires_at), "data_until": _text(facts.data_until)}
        yield Reading(check.name, level, check.found, "" if check.is_ok else check.what_to_do, ends)


def _publication(settings: Settings) -> Iterator[Reading]:
    """The served version with its gate, and the last candidate if a gate stopped it."""
    from ingest.adapters.publication.open_publication import open_publication
    from ingest.adapters.publication.publication import REJECTED

    publication = open_publication(settings)
    served = publication.served()
    if served is None:
        yield Reading("served", "ok", "nothing yet: `campaign-reach publish`", facts={"version": None})
    else:
        held = f", held since {served.held_since}" if served.held_since else ""
        yield Reading(
            "served",
            "warning" if held else "ok",
            f"version {served.version}, numbers as of {served.source_watermark}{held}",
            "campaign-reach publish --resume lets publications go on" if held else "",
            {"version": served.version, "content_hash": served.content_hash, "held_since": served.held_since},
        )
        for gate in served.gates:
            verdict = "passed" if gate["passed"] else "stopped"
            counted = f"{gate['evaluated']} of {gate['declared']} rules evaluated"
            yield Reading("gate", "ok", f"{gate['gate']} {verdict}: {counted}", facts={"gate": gate["gate"]})
    stopped = [one for one in publication.kept(REJECTED) if served is None or one.built_at > served.built_at]
    if stopped:
        rules = [
            str(result["rule"])
            for gate in stopped[-1].gates
            for result in gate["results"]
            if not result["evaluated"] or (result["severity"] == "critical" and not result["passed"])
        ]
        said = f"the last candidate, {stopped[-1].version}, was stopped by {', '.join(rules)}"
        todo = "campaign-reach publish --show-rejected"
        yield Reading("stopped gate", "critical", said, todo, {"version": stopped[-1].version, "rules": rules})


def _moment_of(key: str) -> datetime:
    return datetime.strptime(PurePosixPath(key).name[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
