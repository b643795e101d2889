"""Refresh: read what the plan says from the Graph API, and land the answers; land the registry when it changed."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.graph.answers import AnswerRejected

log = structlog.get_logger()


def refresh_account(settings: Settings, row: dict[str, Any]) -> list[str]:
    """Read one account of the plan, and land it as one batch; the landing keys.

    Raises: TokenRefused, GraphUnavailable, RateLimited, RequestRefused, UnsafeAnswer, StorageFailed. Then nothing of
    the account has landed, but an answer that was none lies in quarantine.
    """
    from ingest.adapters.graph import facebook, instagram
    from ingest.adapters.graph.access import api_for
    from ingest.adapters.graph.answers import AnswerRejected
    from ingest.adapters.landing.envelope import Batch
    from ingest.adapters.landing.folder import FolderLanding
    from ingest.domain.metrics import expandable

    account_id, platform = str(row["account_id"]), str(row["platform"])
    reader = {"facebook": facebook, "instagram": instagram}[platform]
    fetched_at = settings.clock()
    metrics = expandable(platform, on=fetched_at.date())
    try:
        api = api_for(settings, account_id)
        answers = (reader.read_account(api, account_id), *reader.read_posts(api, account_id, metrics))
    except AnswerRejected as error:
        _quarantine(settings.quarantine_dir, error, account_id)
        raise
    batch = Batch("api", platform, account_id, fetched_at, answers)
    key = FolderLanding(Path(settings.landing_uri)).write(batch)
    log.info("account_landed", account_id=account_id, platform=platform, answers=len(answers), key=key)
    return [key]


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
