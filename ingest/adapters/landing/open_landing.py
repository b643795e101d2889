"""Which landing the settings name: a folder, or `s3://bucket/prefix`."""

from pathlib import Path
from typing import TYPE_CHECKING

from ingest.adapters.landing.files import Landing
from ingest.adapters.landing.folder import FolderLanding
from ingest.adapters.landing.forgetting import Forgotten
from ingest.adapters.landing.removals import erased_ids, read_removals
from ingest.adapters.s3 import bucket_at, is_s3
from ingest.domain.errors import SettingsInvalid
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.landing.s3 import S3Landing

SETTING = "CAMPAIGN_REACH_LANDING_URI"


def open_landing(settings: Settings) -> Landing:
    """The landing of the settings; an object that was erased does not land there again.

    Raises: SettingsInvalid for a URI that names none.
    """
    landing = _landing(settings)
    landing.sift = lambda batch: erased_of(landing).sifted(batch)
    return landing


def erased_of(landing: Landing) -> Forgotten:
    """The objects that were erased from a landing."""
    return Forgotten(erased_ids(read_removals(landing)))


def _landing(settings: Settings) -> "FolderLanding | S3Landing":
    uri = settings.landing_uri
    if is_s3(uri):
        from ingest.adapters.landing.s3 import S3Landing

        return S3Landing(bucket_at(uri, setting=SETTING, endpoint_url=settings.aws_endpoint_url))
    path = uri.removeprefix("file://")
    if "://" in path:
        raise SettingsInvalid(f"{SETTING}: {uri} is no landing. Name a folder, or s3://bucket/prefix.")
    return FolderLanding(Path(path))
