"""Erase: an object's data out of every store, never to be asked for again; proved by a search over all of them.

The object is a post, an account, a person, a comment: whatever has an id. Landing is rewritten, with the act in its
manifest; warehouse and publication are made anew from it; every kept version that held the object goes.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import structlog

from ingest.adapters.answer_ledger import AnswerLedger
from ingest.adapters.landing.files import SUFFIX, Landing, batches_among, compressed
from ingest.adapters.landing.forgetting import ID, Forgotten
from ingest.adapters.landing.lines import open_landed
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.landing.removals import Removal, RemovedFrom, id_sha256, is_removal, read_removals
from ingest.adapters.publication.open_publication import open_publication
from ingest.adapters.publication.publication import AS_OF, REJECTED, VERSIONS
from ingest.adapters.queue.open_queue import is_sqs, open_sqs
from ingest.domain.errors import SettingsInvalid
from ingest.settings import Settings
from ingest.steps.drain import drain_queue
from ingest.steps.rebuild import rebuild
from ingest.steps.search import Searched, databases, holds, search

log = structlog.get_logger()
FEWEST_SIGNS = 3
BLANKED = {
    "deliveries": "update deliveries set body = null",
    "events": "update events set account_id = '', object_id = '', reason = 'erased', "
    "state = iif(state in ('waiting', 'dead'), 'quarantined', state)",
}
"""Rows that are counted, so that the ledgers add up: they stay, and say nothing any more."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed, and the proof: every store searched again."""

    files: int
    lines: int
    imported_files: tuple[str, ...]
    rows: int
    versions: tuple[str, ...]
    proof: tuple[Searched, ...]

    @property
    def is_gone(self) -> bool:
        """Whether no store mentions the object any more."""
        return not any(one.found for one in self.proof)


def erase(settings: Settings, object_id: str) -> Erased:
    """Take an object out of queue, landing, quarantine, logs, warehouse and publication.

    Killed on the way, the same command goes on where it was.
    Raises: SettingsInvalid when it may not be done now, and what `rebuild` raises.
    """
    _require_possible(settings, object_id)
    drain_queue(settings)
    gone = Forgotten.of(object_id)
    removal, imported = _from_landing(settings, object_id, gone)
    rows = sum(_from_database(path, object_id, gone) for path in databases(settings) if not path.name.endswith("-wal"))
    if is_sqs(settings):
        from ingest.adapters.queue.sqs_forgetting import forget_dead

        rows += forget_dead(open_sqs(settings), gone.names)
    _from_folders(settings, object_id, gone)
    for path in (settings.warehouse_path.parent / "as_of").glob("*.duckdb*"):
        path.unlink()
    if settings.warehouse_path.exists():
        rebuild(settings, accept_fall=True)  # what was erased is to be missing
    versions = _from_publication(settings, object_id)
    log.info("object_erased", files=len(removal.files) if removal else 0, rows=rows, versions=len(versions))
    return Erased(
        files=len(removal.files) if removal else 0,
        lines=sum(len(one.lines) for one in removal.files) if removal else 0,
        imported_files=imported,
        rows=rows,
        versions=versions,
        proof=tuple(search(settings, object_id)),
    )


def _require_possible(settings: Settings, object_id: str) -> None:
    if not ID.fullmatch(object_id):
        raise SettingsInvalid(f"{object_id!r} is no id: it has {FEWEST_SIGNS} to 128 letters, digits or underscores.")
    gone = Forgotten.of(object_id)
    named = [path for path in settings.campaigns_dir.glob("*.yml") if gone.names(path.read_text(encoding="utf-8"))]
    if named:
        raise SettingsInvalid(f"{', '.join(map(str, named))} names {object_id}: take it out there, then erase it.")
    served = open_publication(settings).served()
    if served and served.held_since:
        raise SettingsInvalid(
            f"Readers are held at version {served.version}, so that no version without {object_id} can be published: "
            "campaign-reach publish --resume, then erase it."
        )


def _from_landing(settings: Settings, object_id: str, gone: Forgotten) -> tuple[Removal | None, tuple[str, ...]]:
    """Rewrite every landed file that mentions the object; the act, which lies in landing before anything is removed."""
    landing = open_landing(settings)
    everything = landing.keys()
    keys = [key for key in everything if not is_removal(key)]
    after: dict[str, bytes | None] = {}
    removed: list[RemovedFrom] = []
    imported: list[str] = []
    before = read_removals(landing)
    for key in batches_among(keys):
        content = open_landed(landing, key)
        files = _beside(landing, key, keys, gone)
        lines = [b"" if files.imported else gone.line(line) for line in content.lines]
        changed = tuple(
            number for number, (old, new) in enumerate(zip(content.lines, lines, strict=True), 1) if old != new
        )
        if not changed and not files.all:
            continue
        is_gone = gone.names(key) or bool(files.imported)
        rewritten = None if is_gone else compressed(b"".join(line + b"\n" for line in lines))
        after |= {key: rewritten} | dict.fromkeys(files.all, None)
        shown = f"sha256:{id_sha256(key)}" if gone.names(key) else key
        removed.append(RemovedFrom(shown, content.sha256, _sha256(rewritten), changed))
        imported += files.imported
        if is_gone:
            AnswerLedger(settings.state_path).forget(PurePosixPath(key).name.removesuffix(SUFFIX))
    moment = f"{settings.clock():%Y-%m-%dT%H:%M:%SZ}"
    removal = Removal(moment, "erased", id_sha256(object_id), tuple(removed))
    landing.put_new(removal.key, removal.as_bytes())
    for key, content_after in (after | dict.fromkeys(_left_behind(landing, keys, before, gone), None)).items():
        landing.take_out(key, content_after)
    return removal, tuple(imported)


def _left_behind(landing: Landing, keys: list[str], before: list[Removal], gone: Forgotten) -> list[str]:
    """What lies beside a landed file that is no more: an erasure that was killed left it."""
    there = set(keys)
    removed = {one.file for act in before for one in act.files if one.sha256_after is None}
    found = []
    for key in keys:
        path = PurePosixPath(key)
        owner = f"{path.with_name(path.name.partition('.')[0])}{SUFFIX}"
        if owner not in there:
            is_of_act = owner in removed or f"sha256:{id_sha256(owner)}" in removed
            found += [key] if is_of_act or gone.names(key) or _mentions(landing.local_path(key), gone) else []
    return found


@dataclass(frozen=True, slots=True)
class _Beside:
    """What lies beside a landed file: bytes as received, and an imported file that mentions the object."""

    all: tuple[str, ...]
    imported: tuple[str, ...]


def _beside(landing: Landing, key: str, keys: list[str], gone: Forgotten) -> _Beside:
    stem = key.removesuffix(SUFFIX)
    beside = [one for one in keys if one.startswith(f"{stem}.") and one != key]
    mention = [one for one in beside if _mentions(landing.local_path(one), gone)]
    return _Beside(tuple(beside if mention else ()), tuple(one for one in mention if not one.endswith(".bin")))


def _mentions(path: Path, gone: Forgotten) -> bool:
    """Whether a file mentions the object; one that is packed is unpacked for that."""
    import zipfile

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            return any(gone.names(packed.read(one).decode("utf-8", errors="replace")) for one in packed.namelist())
    content = path.read_bytes()
    return any(gone.names(content.decode(code, errors="replace")) for code in ("utf-8", "utf-16-le", "utf-16-be"))


def _sha256(content: bytes | None) -> str | None:
    import hashlib

    return None if content is None else hashlib.sha256(content).hexdigest()


def _from_database(path: Path, object_id: str, gone: Forgotten) -> int:
    """Take every row out of an SQLite file that mentions the object; of a delivery only its bytes. How many."""
    count = 0
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as file:
        tables = [name for (name,) in file.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            columns = [name for _, name, *_ in file.execute(f"pragma table_info({table})")]
            text = " || ' ' || ".join(f"coalesce(cast({name} as text), '')" for name in columns)
            rows = file.execute(
                f"select rowid, {text} from {table} where instr({text}, ?)",  # noqa: S608 - names of our own schema
                (object_id,),
            ).fetchall()
            ids = [(rowid,) for rowid, words in rows if gone.names(words)]
            forget = BLANKED.get(table, f"delete from {table}")  # noqa: S608 - as above
            file.executemany(f"{forget} where rowid = ?", ids)
            count += len(ids)
        file.execute("vacuum")
        file.execute("pragma wal_checkpoint(truncate)")
    return count


def _from_folders(settings: Settings, object_id: str, gone: Forgotten) -> None:
    """Remove refused answers that mention the object, and such lines of the logs."""
    ledger = AnswerLedger(settings.state_path)
    for path in settings.quarantine_dir.glob("*.bin"):
        facts = [path, path.with_suffix(".json"), path.with_suffix(".settled")]
        if any(_mentions(one, gone) for one in facts if one.is_file()):
            ledger.forget(path.stem)
            for one in facts:
                one.unlink(missing_ok=True)
    for path in settings.logs_dir.rglob("*"):
        if path.is_file() and object_id.encode() in path.read_bytes():
            kept = [line for line in path.read_bytes().splitlines(keepends=True) if object_id.encode() not in line]
            path.write_bytes(b"".join(kept))


def _from_publication(settings: Settings, object_id: str) -> tuple[str, ...]:
    """Remove every kept version, stopped candidate and past day's publication that holds the object; their names."""
    publication = open_publication(settings)
    removed = []
    with publication.publishing() as workspace:
        served, paths = publication.served(), publication.paths()
        for manifest in (*publication.kept(VERSIONS), *publication.kept(REJECTED)):
            own = [path for path in paths if path.startswith(f"{manifest.folder}/")]
            is_served = served is not None and manifest.folder == served.folder
            if not is_served and any(holds(publication, path, object_id) for path in own):
                publication.remove(manifest, workspace=workspace)
                removed.append(manifest.version)
        for day in sorted({"/".join(path.split("/")[:2]) for path in paths if path.startswith(f"{AS_OF}/")}):
            if any(holds(publication, path, object_id) for path in paths if path.startswith(f"{day}/")):
                publication.remove_day(day, workspace=workspace)
                removed.append(day)
    return tuple(removed)
