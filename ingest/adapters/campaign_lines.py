"""Where a campaign file states something: its line and its SHA-256, while the files are those that landed."""

import hashlib
from pathlib import Path

from ingest.adapters.campaign_yaml import read_document
from ingest.adapters.registry import read_registry
from ingest.domain.errors import RegistryInvalid
from ingest.domain.fields import Path as FieldPath


def stated_in(folder: Path, registry_sha256: str | None, campaign_id: str, field: FieldPath) -> str:
    """File, line and SHA-256 of a field; nothing when the campaign files have changed since that registry landed."""
    try:
        is_same = read_registry(folder).sha256 == registry_sha256
    except RegistryInvalid:
        is_same = False
    path = folder / f"{campaign_id}.yml"
    if not is_same or not path.is_file():
        return ""
    content = path.read_bytes()
    line = read_document(content.decode()).line_of(field)
    return f"{path.name} line {line}, SHA-256 {hashlib.sha256(content).hexdigest()}"
