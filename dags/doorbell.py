"""The doorbell: an asset whose trigger looks whether the queue has work, and says no more than that.

Airflow strands and doubles asset events, so none carries anything: whoever is rung takes all there is. The trigger
deletes nothing and claims nothing; when it dies, the sweep rings.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.sdk import Asset, AssetOrTimeSchedule, AssetWatcher
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from dags.assets import SWEEP

LINGER_SECONDS, LONGEST_LINGER_SECONDS, RINGS_AGAIN_SECONDS = 0.1, 3.0, 30.0
"""A burst rings once when it is over, or after three seconds; work that nobody took rings again."""


class QueueDoorbell(BaseEventTrigger):
    """Rings when there is work: deliveries, events whose time has come, files in the drop folder, campaign files."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Where the triggerer finds it, and with which arguments."""
        return "dags.doorbell.QueueDoorbell", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, and ring."""
        from ingest.settings import load_settings
        from ingest.steps.follow import looked_at_every, work_mark

        settings = load_settings()
        seconds = looked_at_every(settings)
        rung, rung_at = None, 0.0
        while True:
            mark = await asyncio.to_thread(work_mark, settings)
            if mark and (mark != rung or time.monotonic() - rung_at > RINGS_AGAIN_SECONDS):
                rung, rung_at = await self._settled(settings, mark), time.monotonic()
                yield TriggerEvent({"work": True})
            await asyncio.sleep(seconds)

    async def _settled(self, settings: Any, mark: Any) -> Any:
        """The mark when nothing more has come for a moment."""
        from ingest.steps.follow import work_mark

        until = time.monotonic() + LONGEST_LINGER_SECONDS
        while time.monotonic() < until:
            await asyncio.sleep(LINGER_SECONDS)
            newer = await asyncio.to_thread(work_mark, settings)
            if newer == mark:
                break
            mark = newer or mark
        return mark


DOORBELL = Asset(
    name="doorbell",
    uri="campaign-reach://doorbell",
    watchers=[AssetWatcher(name="queue", trigger=QueueDoorbell())],
)
DOORBELL_OR_SWEEP = AssetOrTimeSchedule(timetable=SWEEP, assets=[DOORBELL])
