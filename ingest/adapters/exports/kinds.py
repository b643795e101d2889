"""What a kind of table must do to be brought in. Posts, days of accounts and ads are one way, others have theirs.

To add a kind: a function that recognises a sheet, and something `Found` that lands it; name the function in
`ingest/steps/import_files.py`. The lines that it lands have an `edge` of their own, which `load` reads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

import duckdb

from ingest.adapters.exports.mappings import TableMapping
from ingest.adapters.exports.sheets import Sheet
from ingest.adapters.landing.envelope import Received
from ingest.domain.campaigns import Campaign


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known beside the file: the registry's accounts, what the person says, and where to work."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    at: datetime
    accounts: tuple[tuple[str, str], ...]
    """Id and platform of every account that a campaign knows."""
    account_id: str = ""
    date_order: str = ""
    mapping: TableMapping | None = None
    who: str = ""
    exported_at: datetime | None = None
    """When the numbers were exported; None when only the file's own date says it."""
    campaigns: tuple[Campaign, ...] = ()
    says: Mapping[str, str] = field(default_factory=dict)
    """What else the person says, by option: for kinds that need more."""


class Found(Protocol):
    """A table that was recognised, with everything decided that decides its rows."""

    @property
    def kind(self) -> str:
        """The kind of table, such as posts."""

    @property
    def platform(self) -> str:
        """The platform that its landing key names."""

    @property
    def account_id(self) -> str:
        """The account that its landing key names; `several` when it holds rows of more than one."""

    @property
    def rows(self) -> int:
        """How many rows it holds."""

    @property
    def lands_file(self) -> bool:
        """Whether the file itself lands beside its lines; a survey's respondents do not."""

    @property
    def is_of_people(self) -> bool:
        """Whether people stand behind it: then a sheet beside it that nobody knows may name them, and no file lands."""

    def facts(self) -> list[tuple[str, str]]:
        """What a dry run says, line by line."""

    def received(self) -> Received:
        """The line that lands."""


Recognise = Callable[[Sheet, Asked], Found | None]
"""What a sheet is; None when it is not of this kind. Raises ImportRefused when it is, and cannot be brought in."""
