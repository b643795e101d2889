"""Stated: what the landed campaign file of the served version says, as facts of an explanation."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ingest.adapters import campaign_lines, lineage
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.publication.manifest import Manifest
from ingest.adapters.warehouse_file import opened
from ingest.domain.explanation import Fact, FileFacts, Rules, Value
from ingest.domain.fields import Path
from ingest.settings import Settings
from ingest.steps.explain_posts import rules_of
from ingest.steps.trace import read_landed


@dataclass(frozen=True, slots=True)
class StatedCampaign:
    """A campaign file as it landed: its body, its place in landing, and how to find a field in the file itself."""

    body: dict[str, Any]
    at: lineage.LandedAt | None
    files: dict[str, FileFacts]
    rules: Rules
    stated_in: Callable[[Path], str]

    def value(self, path: Path) -> Any:
        """What stands at a path; None where nothing does."""
        found: Any = self.body
        for step in path:
            if found is None:
                return None
            found = found[int(step)] if isinstance(found, list) else found.get(step)
        return found

    def place(self, name: str, key: str, value: str) -> Path:
        """The path of the element of a list that has this key; the list itself when none has."""
        elements = self.body.get(name) or []
        at = next((index for index, one in enumerate(elements) if one.get(key) == value), None)
        return (name,) if at is None else (name, at)

    def fact(self, name: str, published: Value, path: Path) -> Fact:
        """A published value beside what the landed file states at a path."""
        file, line = (self.at.file, self.at.line_no) if self.at else (None, None)
        dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
        problem = "" if self.body else "the campaign file that was in force cannot be read in landing"
        return Fact(name, published, self.value(path), file, line, dotted, self.stated_in(path), problem)


def stated_campaign(settings: Settings, manifest: Manifest, campaign_id: str) -> StatedCampaign:
    """The campaign file as it was when a version was made, read from landing.

    Raises: WarehouseBusy, WarehouseBroken, StorageFailed.
    """
    with opened(settings.warehouse_path) as warehouse:
        at = lineage.rules_at(warehouse, campaign_id, manifest.registry_hash)
    read = read_landed(open_landing(settings), [at] if at else [])
    line = read.lines.get((at.file, at.line_no)) if at else None
    found_in = partial(campaign_lines.stated_in, settings.campaigns_dir, manifest.registry_hash, campaign_id)
    return StatedCampaign(line.body if line else {}, at, read.files, rules_of(manifest, at, read), found_in)
