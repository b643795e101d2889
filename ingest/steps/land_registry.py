"""Land the registry: the campaign files land like any other source, when they have changed."""

import json
from typing import TYPE_CHECKING

import structlog

from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.landing.files import Landing

log = structlog.get_logger()


def land_registry(settings: Settings) -> list[str]:
    """Land the campaign files, if they are not the ones that were landed last; the landing keys.

    Raises: RegistryInvalid, StorageFailed.
    """
    from ingest.adapters.landing.envelope import Batch, Received, Request
    from ingest.adapters.landing.open_landing import open_landing
    from ingest.adapters.registry import read_registry

    registry = read_registry(settings.campaigns_dir)
    landing = open_landing(settings)
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


def landed_registry(landing: "Landing") -> str | None:
    """The hash of the registry that was landed last; None when none was."""
    from ingest.adapters.landing.files import first_line

    keys = [key for key in landing.landed_keys() if key.startswith("registry/")]
    if not keys:
        return None
    return str(first_line(landing.local_path(keys[-1]))["request"]["params"]["registry_sha256"])
