"""Which publication the settings name: a folder, or `s3://bucket/prefix`."""

from pathlib import Path

from ingest.adapters.publication.folder import FolderPublication
from ingest.adapters.publication.publication import Publication
from ingest.adapters.s3 import bucket_at, is_s3
from ingest.domain.errors import SettingsInvalid
from ingest.settings import Settings

SETTING = "CAMPAIGN_REACH_PUBLISHED_URI"


def open_publication(settings: Settings) -> Publication:
    """The publication of the settings.

    Raises: SettingsInvalid for a URI that names none.
    """
    uri = settings.published_uri
    if is_s3(uri):
        from ingest.adapters.publication.s3 import S3Publication

        place = bucket_at(uri, setting=SETTING, endpoint_url=settings.aws_endpoint_url)
        return S3Publication(place, keep=settings.keep_versions)
    path = uri.removeprefix("file://")
    if "://" in path:
        raise SettingsInvalid(f"{SETTING}: {uri} is no publication. Name a folder, or s3://bucket/prefix.")
    return FolderPublication(Path(path), keep=settings.keep_versions)
