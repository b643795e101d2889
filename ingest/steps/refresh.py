"""Refresh: read what the plan says from the Graph API, and land the answers; land the registry when it changed."""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from ingest.adapters.graph.sifting import REASONS, sift
from ingest.adapters.state import ClientState, Quota
from ingest.domain.errors import RateLimited
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.graph.answers import AnswerRejected
    from ingest.adapters.graph.listing import Metrics
    from ingest.adapters.graph.session import GraphApi
    from ingest.adapters.landing.envelope import Received

log = structlog.get_logger()
STOP_AT_PCT = 90
PAUSE = timedelta(hours=1)


def refresh_account(settings: Settings, row: dict[str, Any]) -> list[str]:
    """Read one account of the plan, and land it as one batch; the landing keys.

    Raises: TokenRefused, GraphUnavailable, RateLimited, RequestRefused, UnsafeAnswer, StorageFailed. Then nothing of
    the account has landed, but an answer that was none lies in quarantine.
    """
    from ingest.adapters.graph.access import api_for
    from ingest.adapters.graph.answers import AnswerRejected
    from ingest.adapters.landing.envelope import Batch
    from ingest.adapters.landing.folder import FolderLanding

    account_id, platform = str(row["account_id"]), str(row["platform"])
    fetched_at = settings.clock()
    state = ClientState(settings.state_path)
    if row.get("not_before_at") and datetime.fromisoformat(row["not_before_at"]) > fetched_at:
        log.info("account_left_for_later", account_id=account_id, not_before_at=row["not_before_at"])
        return []
    try:
        api = api_for(settings, account_id)
        answers = _read(api, account_id, platform, state, at=fetched_at)
    except AnswerRejected as error:
        _quarantine(settings.quarantine_dir, error, account_id)
        raise
    except RateLimited as error:
        waits_until = fetched_at + (timedelta(minutes=error.minutes) if error.minutes else PAUSE)
        state.note_quota(Quota(account_id, 100, waits_until, fetched_at))
        raise
    state.note_quota(Quota(account_id, api.used_pct, _pause(api, fetched_at), fetched_at))
    batch = Batch("api", platform, account_id, fetched_at, answers)
    key = FolderLanding(Path(settings.landing_uri)).write(batch)
    log.info("account_landed", account_id=account_id, platform=platform, answers=len(answers), key=key)
    return [key]


def _read(
    api: "GraphApi", account_id: str, platform: str, state: ClientState, *, at: datetime
) -> "tuple[Received, ...]":
    """The account and all its posts; a metric that Meta refuses is left out, and the reason is remembered."""
    from ingest.adapters.graph import facebook, instagram
    from ingest.adapters.graph.listing import Metrics
    from ingest.domain.errors import RequestRefused
    from ingest.domain.metrics import expandable

    reader = {"facebook": facebook, "instagram": instagram}[platform]
    wanted = expandable(platform, on=at.date())
    known = state.refused_metrics(account_id, at=at)
    metrics = Metrics(tuple(name for name in wanted if name not in known), known)
    account = reader.read_account(api, account_id)
    try:
        return account, *reader.read_posts(api, account_id, metrics)
    except RequestRefused as error:
        if error.code not in REASONS:
            raise
    metrics = _sifted(api, reader, account_id, wanted, state, at=at)
    return account, *reader.read_posts(api, account_id, metrics)


def _sifted(
    api: "GraphApi", reader: Any, account_id: str, wanted: tuple[str, ...], state: ClientState, *, at: datetime
) -> "Metrics":
    """The metrics that Meta serves for the account, found by halving; what it refuses is remembered and told once."""
    from ingest.adapters.graph.listing import Metrics, probe_list
    from ingest.domain.metrics import graph_name_of

    control = graph_name_of(reader.PLATFORM, reader.CONTROL)
    living, refused = sift(wanted, probe_list(api, reader.POSTS_EDGE, account_id), control=control)
    state.forget_refused(account_id, living)
    for name, reason in state.remember_refused(account_id, refused, at=at).items():
        log.warning("metric_refused", account_id=account_id, graph_name=name, reason=reason)
    return Metrics(living, refused)


def _pause(api: "GraphApi", at: datetime) -> datetime | None:
    """Until when the account rests: from 90 % of the quota on, for as long as Meta says, else an hour."""
    if api.used_pct < STOP_AT_PCT:
        return None
    return at + (timedelta(minutes=api.regain_minutes) if api.regain_minutes else PAUSE)


def land_registry(settings: Settings) -> list[str]:
    """Land the campaign files, if they are not the ones that were landed last; the landing keys.

    Raises: RegistryInvalid, StorageFailed.
    """
    from ingest.adapters.landing.envelope import Batch, Received, Request
    from ingest.adapters.landing.folder import FolderLanding
    from ingest.adapters.registry import read_registry

    registry = read_registry(settings.campaigns_dir)
    landing = FolderLanding(Path(settings.landing_uri))
    if landed_registry(landing) == registry.sha256:
        return []
    answers = tuple(
        Received(
            Request("campaign", campaign.campaign_id, params={"registry_sha256": registry.sha256}),
            json.dumps(campaign.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")).encode(),
        )
        for campaign in registry.campaigns
    )
    key = landing.write(Batch("registry", "registry", "all", settings.clock(), answers))
    log.info("registry_landed", campaigns=len(answers), key=key)
    return [key]


def landed_registry(landing: Any) -> str | None:
    """The hash of the registry that was landed last; None when none was."""
    from ingest.adapters.landing.folder import first_line

    keys = [key for key in landing.landed_keys() if key.startswith("registry/")]
    if not keys:
        return None
    return str(first_line(landing.local_path(keys[-1]))["request"]["params"]["registry_sha256"])


def _quarantine(folder: Path, error: "AnswerRejected", account_id: str) -> None:
    """Keep the bytes of what was no answer, and the reason beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(error.body).hexdigest()
    (folder / f"{digest}.bin").write_bytes(error.body)
    reason = {"account_id": account_id, "reason": str(error)}
    (folder / f"{digest}.json").write_text(json.dumps(reason, ensure_ascii=False) + "\n", encoding="utf-8")
    log.warning("answer_quarantined", account_id=account_id, file=f"{digest}.bin")
