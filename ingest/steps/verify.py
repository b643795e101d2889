"""Verify: every byte of landing and publication is held against the hash that was noted when it was written."""

from collections.abc import Callable

from ingest.adapters.accepted_loads import loaded_hashes, opened
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.publication.open_publication import open_publication
from ingest.domain.errors import CampaignReachError
from ingest.domain.findings import Finding, Looks
from ingest.settings import Settings
from ingest.steps.verify_landing import looks_at_landing
from ingest.steps.verify_publication import looks_at_publication


def plan_verify(settings: Settings) -> Looks:
    """What is to be verified: each landed file and each kept version.

    Raises: StorageFailed, SettingsInvalid.
    """
    logged, noted = _load_log(settings)
    looks = looks_at_landing(open_landing(settings), logged) + looks_at_publication(open_publication(settings))
    return Looks([], noted) + looks


def verify(looks: Looks, *, told: Callable[[str], None] = lambda _: None) -> list[Finding]:
    """Everything that is not as it was written; `told` hears of each file that was looked at.

    Raises: StorageFailed.
    """
    found = list(looks.seen)
    for look in looks.looks:
        found += look.find()
        told(look.where)
    return found


def _load_log(settings: Settings) -> tuple[dict[str, str], list[Finding]]:
    """SHA-256 of each loaded file; nothing, and a note, when the warehouse cannot be asked."""
    try:
        with opened(settings.warehouse_path) as warehouse:
            return loaded_hashes(warehouse), []
    except CampaignReachError as error:
        note = f"was not asked: {str(error).splitlines()[0]} Landed files are held against their own checksums."
        return {}, [Finding(str(settings.warehouse_path), note, is_wrong=False)]
