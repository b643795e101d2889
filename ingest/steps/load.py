"""Load: append every landed file that is not in the load log to the raw tables."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from ingest.adapters.answer_ledger import LANDED, QUARANTINED, READ, AnswerLedger
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.landing.files import Landing
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
    from ingest.adapters import warehouse
    from ingest.adapters.landing.open_landing import open_landing

    landing = open_landing(settings)
    landed_before = {place for place, _, outcome, _ in AnswerLedger(settings.state_path).rows() if outcome == LANDED}
    with warehouse.open_warehouse(settings.warehouse_path) as connection:
        known = warehouse.loaded_keys(connection)
        new = [
            warehouse.LandedFile(key, landing.local_path(key))
            for key in landing.landed_keys()
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
        expired = _expired(landing) - {_batch_id(key) for key in known}
        warehouse.copy_ledgers(connection, ledgers(settings, landed_before, until=until, expired=expired))
        connection.execute("checkpoint")
    log.info("files_loaded", files=len(new), rows=rows)
    return LoadResult(tuple(load_ids), len(new), rows)


def has_landed_since(settings: Settings) -> bool:
    """Whether a landed file is not in the load log.

    Raises: WarehouseBusy, WarehouseBroken.
    """
    from ingest.adapters import warehouse
    from ingest.adapters.landing.open_landing import open_landing

    landed = set(open_landing(settings).landed_keys())
    with warehouse.open_warehouse(settings.warehouse_path) as connection:
        return bool(landed - warehouse.loaded_keys(connection))


def ledgers(
    settings: Settings,
    landed_before: Collection[str],
    *,
    until: datetime | None = None,
    expired: Collection[str] = frozenset(),
) -> "dict[str, Sequence[Sequence[object]]]":
    """What the queue, the events and the client remember of what passed through them, by raw table.

    `landed_before` are the batches that had landed before the load looked: only of those it is known that they are
    loaded now. One that landed since is noted, and loaded next time. Batches that have `expired` are expected no more.
    """
    from ingest.adapters.queue.open_queue import open_events, open_queue
    from ingest.adapters.queue.sqlite_queue import SqliteQueue

    answers = [
        (place, count, READ if outcome == LANDED and place not in landed_before else outcome, began)
        for place, count, outcome, began in AnswerLedger(settings.state_path).rows()
        if outcome == QUARANTINED or (landed_by(place, until) and place not in expired)
    ]
    found: dict[str, Sequence[Sequence[object]]] = {"answers": answers}
    found["refused_answers"] = _refused_answers(settings)
    queue, events = open_queue(settings), open_events(settings)
    if isinstance(queue, SqliteQueue) and queue.path.exists():
        deliveries, receipts = queue.ledgers()
        found |= {"deliveries": deliveries, "receipts": receipts}
    if settings.events_path.exists():  # after the queue: a delivery is drained before it is done
        found |= {"drained": events.ledger(), "events": events.states()}
    return found


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
