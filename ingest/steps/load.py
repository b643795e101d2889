"""Load: append every landed file that is not in the load log to the raw tables."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from ingest.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ingest.adapters.landing.files import Landing
    from ingest.adapters.ledgers import Row
    from ingest.adapters.warehouse import MetricRow

log = structlog.get_logger()
AT_ONCE = 250
"""Files in one transaction: what they hold lies in memory until it is written."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load brought: its ids, how many files were new, how many rows they became."""

    load_ids: tuple[int, ...]
    files: int
    rows: int


def load_landed(
    settings: Settings, *, until: datetime | None = None, told: Callable[[int], None] = lambda _: None
) -> LoadResult:
    """Load what has landed since the last load, or only what had landed by a moment; nothing when nothing is new.

    Many files are loaded in several transactions; `told` hears after each how many files it took in.
    Raises: LandingDamaged, WarehouseBusy, WarehouseBroken, StorageFailed.
    """
    from ingest.adapters import ledgers, warehouse
    from ingest.adapters.landing.open_landing import open_landing

    landing = open_landing(settings)
    with warehouse.open_warehouse(settings.warehouse_path) as connection:
        expired = _expired(landing) - {_batch_id(key) for key in warehouse.loaded_keys(connection)}
        as_expected = _answer_as_expected(until, expired)
        ledgers.copy_ledgers(connection, settings.state_path, (ledgers.ANSWERS,), as_expected)
        landed = landing.landed_keys()
        _forget_uncounted(connection, landed)
        known = warehouse.loaded_keys(connection)
        new = [
            warehouse.LandedFile(key, landing.local_path(key))
            for key in landed
            if key not in known and landed_by(key, until)
        ]
        load_ids: list[int] = []
        rows = 0
        for some in [new[start : start + AT_ONCE] for start in range(0, len(new), AT_ONCE)] or [[]]:
            ids, count = warehouse.load_files(
                connection, some, _catalogue(), at=settings.clock(), local_path=landing.local_path
            )
            load_ids += ids
            rows += count
            told(len(some))
        _copy_ledgers(connection, settings, as_expected)
        connection.execute("checkpoint")
    log.info("files_loaded", files=len(new), rows=rows)
    return LoadResult(tuple(load_ids), len(new), rows)


def has_landed_since(settings: Settings) -> bool:
    """Whether a landed file is not in the load log.

    Raises: WarehouseBusy, WarehouseBroken.
    """
    from ingest.adapters.landing.open_landing import open_landing
    from ingest.adapters.warehouse import loaded_keys
    from ingest.adapters.warehouse_file import opened

    landed = set(open_landing(settings).landed_keys())
    if not settings.warehouse_path.exists():
        return bool(landed)
    with opened(settings.warehouse_path) as connection:
        return bool(landed - loaded_keys(connection))


def _forget_uncounted(connection: "DuckDBPyConnection", landed: Sequence[str]) -> None:
    """Take out what an older release loaded without counting its objects, so that this load reads and counts it."""
    from ingest.adapters import warehouse

    there = set(landed)
    keys = [key for key in warehouse.uncounted_keys(connection) if key in there]
    if keys:
        log.info("loaded_again", files=len(keys), reason="an older release did not count their objects")
        warehouse.forget_files(connection, keys)


def _answer_as_expected(until: datetime | None, expired: Collection[str]) -> "Callable[[Row], Row]":
    """How an answer is copied: batches that have expired, or landed after the moment of a load, are not expected."""
    from ingest.adapters import ledgers

    def told(row: "Row") -> "Row":
        place, count, outcome, began = row
        is_expected = outcome == ledgers.QUARANTINED or (landed_by(str(place), until) and place not in expired)
        return place, count, outcome if is_expected else ledgers.NOT_EXPECTED, began

    return told


def _copy_ledgers(connection: "DuckDBPyConnection", settings: Settings, as_expected: "Callable[[Row], Row]") -> None:
    """Copy what the files remember; the queue before its events: a delivery is drained before it is done.

    Answers were copied before landing was looked at, for only of those that had landed by then it is known that this
    load takes them in. What was noted since counts as read, and as landed with the next load.
    """
    from ingest.adapters import ledgers, warehouse
    from ingest.adapters.queue.open_queue import ledger_path

    def read(row: "Row") -> "Row":
        place, count, outcome, began = as_expected(row)
        return place, count, ledgers.READ if outcome == ledgers.LANDED else outcome, began

    ledgers.add_newer(connection, settings.state_path, ledgers.ANSWERS, read)
    _count_queue(connection, settings)
    ledgers.copy_ledgers(connection, ledger_path(settings), ledgers.QUEUE)
    ledgers.copy_ledgers(connection, settings.events_path, ledgers.EVENTS)
    warehouse.replace_refused_answers(connection, _refused_answers(settings))


def _count_queue(connection: "DuckDBPyConnection", settings: Settings) -> None:
    """Note how many deliveries SQS holds, before its log is copied: what is drained meanwhile waits no more there.

    When SQS cannot be asked, what it held at the last load stands: nothing of that time may be missing since.
    """
    from ingest.adapters.ledgers import note_held_on_sqs
    from ingest.adapters.queue.open_queue import is_sqs, open_sqs
    from ingest.domain.errors import StorageFailed

    if not is_sqs(settings):
        return
    try:
        facts = open_sqs(settings).facts()
    except StorageFailed as error:
        log.warning("queue_not_counted", reason=str(error))
        return
    note_held_on_sqs(connection, held=facts.waiting + facts.leased + facts.dead, at=settings.clock())


def _refused_answers(settings: Settings) -> list[tuple[str, str]]:
    """SHA-256 of each answer that was none, settled or not, and when it was read, written as in batch ids."""
    found = []
    for path in sorted(settings.quarantine_dir.glob("*.bin")):
        about = next((one for one in (path.with_suffix(".json"), path.with_suffix(".settled")) if one.exists()), None)
        seen = json.loads(about.read_text(encoding="utf-8")).get("seen_at") if about else None
        moment = datetime.fromisoformat(seen).astimezone(UTC) if seen else None
        found.append((path.stem, f"{moment:%Y%m%dT%H%M%SZ}" if moment else ""))
    return found


def _expired(landing: "Landing") -> set[str]:
    """The batches that the retention has removed from landing."""
    from ingest.adapters.landing.removals import read_removals

    return {_batch_id(one.file) for act in read_removals(landing) if act.why == "expired" for one in act.files}


def _batch_id(key: str) -> str:
    return Path(key).name.partition(".")[0]


def landed_by(key: str, until: datetime | None) -> bool:
    """Whether a batch had landed by a moment: its id begins with its own."""
    return until is None or Path(key).name[:16] <= f"{until.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _catalogue() -> "Iterator[MetricRow]":
    from ingest.adapters.warehouse import MetricRow
    from ingest.domain.metrics import CATALOGUE

    for metric in CATALOGUE:
        yield MetricRow(
            metric=metric.metric,
            definition=metric.definition,
            platform=metric.platform,
            object_kind=metric.object_kind,
            graph_name=metric.graph_name,
            products="|".join(metric.products),
            map_key=metric.map_key,
            breakdown=metric.breakdown,
            unit=metric.unit,
            adds=metric.adds,
            shape=metric.shape,
            valid_from=metric.valid_from,
            valid_to=metric.valid_to,
            in_marts=metric.in_marts,
            meaning=metric.meaning,
        )
