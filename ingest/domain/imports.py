"""An import: what a person says beside the files, and what became of each."""

from collections.abc import Callable, Mapping
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


@dataclass(slots=True)
class Progress:
    """How much of a file is done with: copied, recognised, landed are a share of its bytes each."""

    name: str
    size: int
    told: Callable[[str, int], None]
    done: int = 0

    def copied(self, part: int) -> None:
        """So many bytes more are copied, which is half of the work."""
        self.up_to(self.done + part // 2)

    def recognised(self, part: float) -> None:
        """Such a part of it, from 0 to 1, is recognised, which is nearly all of the other half."""
        self.up_to(self.size // 2 + int(part * self.size * 0.4))

    def up_to(self, done: int) -> None:
        """So many of its bytes are done with, or more."""
        self.told(self.name, max(0, done - self.done))
        self.done = max(done, self.done)


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
