"""Quarantine: what could not be used and why; and, after a fix, the way back in.

Two kinds wait: answers that were none (their bytes lie in a folder), and objects of landed answers that could not be
used (rows of `raw.quarantine`). Nothing is ever lost: a retry reads the same bytes again.
"""

import json
from collections import Counter
from dataclasses import dataclass

import structlog

from ingest.settings import Settings
from ingest.steps.load import load_landed

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing in quarantine: what it is, whose, why, and where its bytes are."""

    what: str
    source: str
    object_id: str | None
    reason: str
    place: str


@dataclass(frozen=True, slots=True)
class NeedsFile:
    """Rows that wait for their file: it holds people, so that it did not land and cannot be read again here."""

    file_name: str
    landing_file: str
    rows: int


@dataclass(frozen=True, slots=True)
class Retried:
    """What a retry did, and the files that only a person has."""

    brought_in: int
    waiting: int
    need_their_file: tuple[NeedsFile, ...] = ()


def answers_waiting(settings: Settings) -> list[Waiting]:
    """Answers of the Graph API that were no answers; the account is read again by the next refresh."""
    found = []
    for path in sorted(settings.quarantine_dir.glob("*.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        place = str(path.with_suffix(".bin"))
        found.append(Waiting("answer", str(facts["account_id"]), None, str(facts["reason"]), place))
    return found


def objects_waiting(settings: Settings) -> list[Waiting]:
    """Objects of landed answers that could not be used.

    Raises: WarehouseBusy, WarehouseBroken.
    """
    from ingest.adapters.warehouse import open_warehouse

    if not settings.warehouse_path.exists():
        return []
    with open_warehouse(settings.warehouse_path) as connection:
        rows = connection.execute(
            "select source, object_id, reason, landing_file, line_no from raw.quarantine where state = 'waiting' "
            "order by all"
        ).fetchall()
    return [Waiting("object", str(a), b, str(c), f"{file}:{line}") for a, b, c, file, line in rows]


def retry_quarantine(settings: Settings) -> Retried:
    """Load again the landed files with waiting objects, and forget answers whose account has been read since.

    Rows whose file did not land stay: whoever has the file imports it again.
    Raises: LandingDamaged, WarehouseBusy, WarehouseBroken.
    """
    from ingest.adapters.warehouse import forget_files, open_warehouse

    before = objects_waiting(settings)
    need_their_file = files_needed(settings)
    files = sorted({_file(one) for one in before} - {one.landing_file for one in need_their_file})
    if files:
        with open_warehouse(settings.warehouse_path) as connection:
            forget_files(connection, files)
        load_landed(settings)
    after = objects_waiting(settings)
    settled = _settle_answers(settings)
    waiting = len(after) + len(answers_waiting(settings))
    result = Retried(len(before) - len(after) + settled, waiting, need_their_file)
    log.info("quarantine_retried", brought_in=result.brought_in, waiting=result.waiting)
    return result


def files_needed(settings: Settings) -> tuple[NeedsFile, ...]:
    """The imported files with waiting rows that did not land themselves.

    Raises: WarehouseBusy, WarehouseBroken, LandingDamaged.
    """
    from ingest.adapters.landing.files import first_line
    from ingest.adapters.landing.open_landing import open_landing

    landing = open_landing(settings)
    waiting = Counter(_file(one) for one in objects_waiting(settings) if one.source == "export")
    found = []
    for key, rows in sorted(waiting.items()):
        params = first_line(landing.local_path(key))["request"]["params"]
        if params.get("kind") == "respondents" or params.get("has_file") == "no":
            found.append(NeedsFile(params["name"], key, rows))
    return tuple(found)


def _file(waiting: Waiting) -> str:
    return waiting.place.rpartition(":")[0]


def _settle_answers(settings: Settings) -> int:
    """How many quarantined answers are settled: their account was read whole since; the bytes stay, marked settled."""
    from ingest.adapters.state import ClientState

    read = ClientState(settings.state_path).read_until("listing")
    settled = 0
    for path in settings.quarantine_dir.glob("*.json"):
        facts = json.loads(path.read_text(encoding="utf-8"))
        moment = read.get(str(facts["account_id"]))
        if moment is not None and moment.isoformat() > str(facts.get("seen_at", "")):
            path.rename(path.with_suffix(".settled"))
            settled += 1
    return settled
