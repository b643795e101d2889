"""An import: what a person says beside the files, and what became of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """What a person says beside the files."""

    account_id: str = ""
    date_order: str = ""
    mapping: Path | None = None
    exported_at: datetime | None = None
    who: str = ""
    is_dry_run: bool = False
    again: bool = False
    """Whether bytes that have landed are read anew: by a mended mapping or campaign file, or by a newer release."""
    instead_of: str = ""
    """The imported file whose place this one takes: its name, or its landing key."""
    says: Mapping[str, str] = field(default_factory=dict)
    """What kinds of tables with options of their own need."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: `imported`, `recognised` (a dry run), `known` or `refused`, and what it holds."""

    name: str
    state: str
    facts: tuple[tuple[tuple[str, str], ...], ...] = ()
    """What was recognised, one list of facts per table."""
    rows: int = 0
    key: str = ""
    problem: str = ""
    path: Path = Path()
    """Where the file was, which may be an archive of several."""
    instead_of: str = ""
    """The key of the reading whose place it has taken."""
