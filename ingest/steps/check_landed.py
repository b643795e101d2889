"""Check what landed: judge every load that no gate has let pass yet, before anything is built or published on it."""

from collections.abc import Collection

import structlog

from expectations.event_ledger import judge_ledger
from expectations.landed_batch import LandedFile, judge_landed
from ingest.adapters import accepted_loads
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.warehouse_file import opened
from ingest.domain.errors import GateStopped
from ingest.domain.gates import Verdict
from ingest.settings import Settings

log = structlog.get_logger()


def check_landed(settings: Settings, load_ids: Collection[int] | None = None) -> Verdict | None:
    """The verdict on these loads, or on all that are not accepted; None when there is none to judge.

    The ledgers are judged each time: what was acknowledged, taken in, read and landed must add up.
    A load that passed is accepted and not judged again; one that did not stops every run until somebody acts.
    Raises: GateStopped, WarehouseBusy, WarehouseBroken.
    """
    landing = open_landing(settings)
    now = settings.clock()
    with opened(settings.warehouse_path) as warehouse:
        waiting = accepted_loads.not_accepted(warehouse)
        files = [
            LandedFile(load_id, file, landing.local_path(file))
            for load_id, file in waiting
            if load_ids is None or load_id in load_ids
        ]
        ledger = judge_ledger(warehouse)
        _require(ledger, loads=len(files))
        if ledger.warnings:
            log.warning("ledger_warned", rules=[result.rule for result in ledger.warnings])
        if not files:
            return None
        verdict = judge_landed(warehouse, files, now=now)
    _require(verdict, loads=len(files))
    with opened(settings.warehouse_path, read_only=False) as warehouse:
        accepted_loads.accept(warehouse, [file.load_id for file in files], at=now)
    log.info("load_accepted", loads=len(files), warnings=[result.rule for result in verdict.warnings])
    return verdict


def _require(verdict: Verdict, *, loads: int) -> None:
    if not verdict.passed:
        log.error("load_stopped", loads=loads, rules=[result.rule for result in verdict.stopped_by])
        raise GateStopped(f"{verdict.in_one_screen()}\nNothing was built or published: the served version stays.")
