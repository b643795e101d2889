"""Verify: every byte of landing and publication is held against the hash that was noted when it was written."""

from collections.abc import Callable
from dataclasses import replace

from ingest.adapters.accepted_loads import loaded_hashes
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.publication.open_publication import open_publication
from ingest.adapters.warehouse_file import opened
from ingest.domain.errors import CampaignReachError
from ingest.domain.findings import Finding, Looks
from ingest.settings import Settings
from ingest.steps.verify_landing import looks_at_landing
from ingest.steps.verify_publication import looks_at_publication

BOTH = 2


def plan_verify(settings: Settings) -> Looks:
    """What is to be verified: each landed file and each kept version. That there is nothing at all is wrong.

    Raises: StorageFailed, SettingsInvalid.
    """
    logged, noted = _load_log(settings)
    landing = looks_at_landing(open_landing(settings), logged)
    publication = looks_at_publication(open_publication(settings))
    empty = [
        Finding(place, f"holds nothing, so there is nothing to verify: {what}", is_wrong=False)
        for looks, place, what in (
            (landing, settings.landing_uri, "nothing has landed"),
            (publication, settings.published_uri, "nothing is published"),
        )
        if not looks.looks and not looks.seen
    ]
    if len(empty) == BOTH:
        empty = [replace(one, is_wrong=True) for one in empty]
    return Looks([], [*noted, *empty]) + landing + publication


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
