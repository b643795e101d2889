"""Plan: which accounts the next refresh reads, and why."""

from typing import Any

from ingest.domain.refresh import plan_listings
from ingest.settings import Settings

GRAPH_PLATFORMS = ("facebook", "instagram")


def plan_refresh(settings: Settings) -> list[dict[str, Any]]:
    """One row per account of the registry that the Graph API serves; plain JSON, without a secret.

    Raises: RegistryInvalid.
    """
    from ingest.adapters.registry import read_registry
    from ingest.adapters.state import ClientState

    registry = read_registry(settings.campaigns_dir)
    accounts = [(one.account_id, one.platform) for one in registry.accounts if one.platform in GRAPH_PLATFORMS]
    resting = {quota.account_id: quota.not_before_at for quota in ClientState(settings.state_path).quotas()}
    return [row.as_json() for row in plan_listings(accounts, at=settings.clock(), resting=resting)]
