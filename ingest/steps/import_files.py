"""Import: files that people export become landed bytes, each with a line that says what it is and how it is read.

A file comes in whole or not at all, and once, whatever it is called. `load` makes its rows.
"""

import glob
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from ingest.domain.errors import ImportRefused
from ingest.domain.imports import Options, Outcome
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.steps.bring_in import Importer

log = structlog.get_logger()
MEMORY = "192MB"
"""What DuckDB may hold of a large file; the rest of it waits on disk. The process takes half as much again."""
NOTHING_SAID = Options()


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
    options: Options = NOTHING_SAID,
    *,
    told: Callable[[str, int], None] = lambda _name, _size: None,
) -> list[Outcome]:
    """Recognise and land files, each whole or not at all; a refused one never stops the others.

    The registry lands first if it has changed: it says which accounts are known. `told` hears of every part of a file
    that is done with, as its name and so many bytes; those of a file add up to its size.
    Raises: ImportRefused when a name fits nothing, RegistryInvalid, StorageFailed.
    """
    files = files_among(paths)
    if options.instead_of and len(files) != 1:
        raise ImportRefused(f"One file takes the place of {options.instead_of}, and {len(files)} are named. Name one.")
    outcomes: list[Outcome] = []
    with importing(settings, options) as importer:
        for path in files:
            outcomes += importer.bring_in(path, told=told)
    counts = {state: sum(one.state == state for one in outcomes) for state in ("imported", "known", "refused")}
    log.info("files_imported", **counts, rows=sum(one.rows for one in outcomes if one.state == "imported"))
    return outcomes


@contextmanager
def importing(settings: Settings, options: Options) -> "Iterator[Importer]":
    """What brings in one file after another; the registry has landed."""
    import duckdb

    from ingest.adapters.exports.judging import prepare
    from ingest.adapters.exports.kinds import Asked
    from ingest.adapters.landing.open_landing import open_landing
    from ingest.adapters.registry import read_registry
    from ingest.steps.bring_in import Importer, landed_digits
    from ingest.steps.land_registry import land_registry

    if not options.is_dry_run:
        land_registry(settings)
    registry = read_registry(settings.campaigns_dir)
    with tempfile.TemporaryDirectory(prefix="campaign-reach-import-") as folder, duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'; set enable_progress_bar = false; set TimeZone = 'UTC'")
        connection.execute(f"set temp_directory = '{folder}/spill'")
        prepare(connection)
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
        yield Importer(landing, options, asked, landed_digits(landing))


def _is_meant(path: Path, named: Path) -> bool:
    """Whether a file of a folder is to be imported: no hidden one, and no mapping."""
    return path == named or not (path.name.startswith(".") or path.suffix.lower() in (".yml", ".yaml", ".md"))
