"""Runs the doorbell's trigger on a queue, and prints how often it rang: for nothing, and for a burst."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from ingest.airflow_run import airflow_environment
from ingest.settings import export

folder = Path(sys.argv[1])
export(airflow_environment(folder / "airflow"))

from dags.doorbell import QueueDoorbell  # noqa: E402
from ingest.adapters.queue.deliveries import Delivery  # noqa: E402
from ingest.adapters.queue.open_queue import queue_path  # noqa: E402
from ingest.adapters.queue.sqlite_queue import SqliteQueue  # noqa: E402
from ingest.settings import load_settings  # noqa: E402
from ingest.steps.follow import follow_events  # noqa: E402
from ingest.steps.notice import notice_changes  # noqa: E402

rings: list[object] = []


async def listen() -> None:
    """Remember each ring."""
    async for event in QueueDoorbell().run():
        rings.append(event.payload)


async def main() -> None:
    """A quiet second, a burst of 200 deliveries over a second, and two seconds after it."""
    settings = load_settings()
    queue = SqliteQueue(queue_path(settings))
    queue.create()
    notice_changes(settings)
    follow_events(settings)
    listening = asyncio.create_task(listen())
    await asyncio.sleep(1)
    quiet = len(rings)
    for number in range(200):
        await asyncio.to_thread(queue.put_many, [Delivery(f'{{"n":{number}}}'.encode(), datetime.now(UTC))])
        await asyncio.sleep(0.005)
    await asyncio.sleep(2)
    listening.cancel()
    waiting = queue.facts().waiting
    sys.stdout.write(repr({"quiet": quiet, "rings": rings, "waiting": waiting}) + "\n")


asyncio.run(main())
