"""Import: files that people export become landed bytes, each with a line that says what it is and how it is read.

A file comes in whole or not at all, and once, whatever it is called. `load` makes its rows.
"""

import glob
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from ingest.domain.errors import ImportRefused
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.exports.copies import Copy
    from ingest.adapters.exports.kinds import Asked, Found, Recognise
    from ingest.adapters.exports.sheets import Sheet
    from ingest.adapters.landing.files import Landing

log = structlog.get_logger()
MEMORY = "256MB"
EXPORT = "export/"


@dataclass(frozen=True, slots=True)
class Options:
    """What a person says beside the files."""

    account_id: str = ""
    date_order: str = ""
    mapping: Path | None = None
    exported_at: datetime | None = None
    who: str = ""
    is_dry_run: bool = False
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


def kinds() -> "tuple[Recognise, ...]":
    """What recognises a table; the first that does has it."""
    from ingest.adapters.exports.offline import recognise_offline
    from ingest.adapters.exports.tables import recognise_table

    return (recognise_table, recognise_offline)


def files_among(paths: Iterable[str]) -> list[Path]:
    """The files that are meant: named, in folders, or fitting a pattern; in order, each once.

    Raises: ImportRefused when a name fits nothing.
    """
    found: dict[Path, None] = {}
    for name in paths:
        path = Path(name)
        matches = [path] if path.exists() else [Path(one) for one in sorted(glob.glob(name, recursive=True))]  # noqa: PTH207
        if not matches:
            raise ImportRefused(f"{name} is neither a file nor a folder, and fits no file. Is the name right?")
        for match in matches:
            inside = sorted(one for one in match.rglob("*") if one.is_file()) if match.is_dir() else [match]
            found |= dict.fromkeys(one for one in inside if _is_meant(one, match))
    return list(found)


def import_files(
    settings: Settings,
    paths: Iterable[str],
    options: Options = Options(),
    *,
    done: Callable[[str], None] = lambda _: None,
) -> list[Outcome]:
    """Recognise and land files, each whole or not at all; a refused one never stops the others.

    The registry lands first if it has changed: it says which accounts are known.
    Raises: ImportRefused when a name fits nothing, RegistryInvalid, StorageFailed.
    """
    files = files_among(paths)
    outcomes: list[Outcome] = []
    with _importing(settings, options) as importer:
        for path in files:
            outcomes += importer.bring_in(path)
            done(path.name)
    counts = {state: sum(one.state == state for one in outcomes) for state in ("imported", "known", "refused")}
    log.info("files_imported", **counts, rows=sum(one.rows for one in outcomes if one.state == "imported"))
    return outcomes


@contextmanager
def _importing(settings: Settings, options: Options) -> "Iterator[Importer]":
    import duckdb

    from ingest.adapters.exports.kinds import Asked
    from ingest.adapters.landing.open_landing import open_landing
    from ingest.adapters.registry import read_registry
    from ingest.steps.land_registry import land_registry

    if not options.is_dry_run:
        land_registry(settings)
    registry = read_registry(settings.campaigns_dir)
    with tempfile.TemporaryDirectory(prefix="campaign-reach-import-") as folder, duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'; set enable_progress_bar = false; set TimeZone = 'UTC'")
        connection.execute(f"set temp_directory = '{folder}/spill'")
        asked = Asked(
            connection,
            Path(folder),
            settings.clock(),
            tuple((one.account_id, one.platform) for one in registry.accounts),
            account_id=options.account_id,
            date_order=options.date_order,
            who=options.who,
            exported_at=options.exported_at,
            campaigns=registry.campaigns,
            says={"smallest_group": str(settings.smallest_group)} | dict(options.says),
        )
        landing = open_landing(settings)
        yield Importer(landing, options, asked, _landed_digits(landing))


@dataclass(slots=True)
class Importer:
    """Brings in one file after another."""

    landing: "Landing"
    options: Options
    asked: "Asked"
    known: dict[str, str]
    """Keys of what has landed, by the first digits of the file's SHA-256."""

    def bring_in(self, path: Path) -> list[Outcome]:
        """What became of a file; of each table file in it, if it is an archive."""
        from ingest.adapters.exports.copies import copy_file

        with tempfile.TemporaryDirectory(dir=self.asked.folder) as folder:
            try:
                copies = self._opened(copy_file(path, Path(folder)), Path(folder))
                found = [self._recognised(copy, path) for copy in copies]
                _require_any(path, copies, found)
                landed = [self._landed(copy, one) for copy, one in zip(copies, found, strict=True) if one]
                return [replace(one, path=path) for one in landed]
            except ImportRefused as error:
                log.warning("file_refused", name=path.name, reason=str(error))
                return [Outcome(path.name, "refused", problem=str(error), path=path)]

    def _opened(self, copy: "Copy", folder: Path) -> "list[Copy]":
        from ingest.adapters.exports.archives import form_of, members_of

        return list(members_of(copy, folder)) if form_of(copy) == "archive" else [copy]

    def _recognised(self, copy: "Copy", path: Path) -> "list[Found]":
        """The tables of a file. One that nobody knows is left aside if another one is known."""
        from ingest.adapters.exports.mappings import mapping_beside, read_mapping

        mapping = self.options.mapping or mapping_beside(path)
        asked = replace(self.asked, mapping=read_mapping(mapping)) if mapping else self.asked
        found = []
        for sheet in _sheets(copy, (asked.mapping and asked.mapping.delimiter) or ""):
            known = next((one for one in (recognise(sheet, asked) for recognise in kinds()) if one), None)
            found += [known] if known else []
        return found

    def _landed(self, copy: "Copy", found: "Sequence[Found]") -> Outcome:
        from ingest.adapters.landing.envelope import Attachment, Batch
        from ingest.adapters.landing.files import first_line

        facts, rows = tuple(tuple(one.facts()) for one in found), sum(one.rows for one in found)
        digits = copy.sha256[:12]
        key = self.known.get(digits, "")
        if key and first_line(self.landing.local_path(key))["request"]["params"].get("sha256") == copy.sha256:
            return Outcome(copy.shown, "known", facts, rows, key)
        if self.options.is_dry_run:
            return Outcome(copy.shown, "recognised", facts, rows)
        extension = copy.path.suffix.lstrip(".") or "bin"
        attachment = Attachment(copy.path, copy.sha256, extension) if all(one.lands_file for one in found) else None
        batch = Batch(
            "export",
            found[0].platform,
            found[0].account_id,
            self.asked.at,
            tuple(one.received() for one in found),
            attachment,
            content_sha256=copy.sha256,
        )
        key = self.landing.write(batch)
        self.known[digits] = key
        return Outcome(copy.shown, "imported", facts, rows, key)


def _sheets(copy: "Copy", delimiter: str = "") -> "Iterator[Sheet]":
    from ingest.adapters.exports.archives import form_of
    from ingest.adapters.exports.text_tables import text_sheets
    from ingest.adapters.exports.workbooks import workbook_sheets

    return workbook_sheets(copy) if form_of(copy) == "workbook" else text_sheets(copy, delimiter)


def _require_any(path: Path, copies: "Sequence[Copy]", found: "Sequence[Sequence[Found]]") -> None:
    """Nothing when a table was recognised.

    Raises: ImportRefused, saying what the file resembles most and what it lacks for that.
    """
    from ingest.adapters.exports.headers import nearest_product

    if any(found):
        return
    sheets = [sheet for copy in copies for sheet in _sheets(copy)]
    if not sheets:
        raise ImportRefused(f"{path.name} holds no row. Export it again.")
    dialect, lacking = nearest_product(sheets[0])
    header = ", ".join(repr(cell) for cell in sheets[0].head[0][1][:8] if cell)
    raise ImportRefused(
        f"{path.name} is of no product that is known. Its first row is {header}. Nearest is {dialect.title}, for which "
        f"it lacks {', '.join(lacking) or 'a column with a metric'}. Say what its columns are in a mapping "
        "(--mapping FILE.yml; docs/how-to/bring-in-a-partner-export.md)."
    )


def _landed_digits(landing: "Landing") -> dict[str, str]:
    keys = (key for key in landing.landed_keys() if key.startswith(EXPORT))
    return {Path(key).name.partition(".")[0].rpartition("-")[2]: key for key in keys}


def _is_meant(path: Path, named: Path) -> bool:
    """Whether a file of a folder is to be imported: no hidden one, and no mapping."""
    return path == named or not (path.name.startswith(".") or path.suffix.lower() in (".yml", ".yaml", ".md"))
