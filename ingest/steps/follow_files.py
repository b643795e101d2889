"""Follow files: what arrived in the drop folder, or below its S3 prefix, is imported; then its event is done.

A file that is refused goes to quarantine with its reason, for a person; `events --redrive` tries it again.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import structlog

from ingest.domain.errors import CampaignReachError
from ingest.domain.events import Event
from ingest.settings import Settings
from ingest.steps.follow_own import Followed
from ingest.steps.waiting import let_wait

if TYPE_CHECKING:
    from ingest.adapters.queue.event_store import EventStore

log = structlog.get_logger()
BY = "drop folder"
MAPPINGS = (".yml", ".yaml")


def follow_files(settings: Settings, store: "EventStore") -> Followed:
    """Import the files that have arrived, each whole or not at all.

    Raises: RegistryInvalid, StorageFailed; the events wait then.
    """
    from ingest.domain.imports import Options
    from ingest.steps.import_files import import_files

    at = settings.clock()
    events = store.due(at=at, kinds=("file",))
    if not events:
        return Followed(0, 0, ())
    keys: list[str] = []
    done: list[Event] = []
    try:
        with _local(settings, events) as places:
            tables = {event: path for event, path in places.items() if not _is_gone_or_mapping(path)}
            outcomes = (
                import_files(settings, [str(path) for path in tables.values()], Options(who=BY)) if tables else []
            )
    except CampaignReachError as error:
        let_wait(store, events, error, at=at)
        raise
    for event in events:
        of_file = [one for one in outcomes if event in tables and one.path == tables[event]]
        problem = "; ".join(one.problem for one in of_file if one.state == "refused")
        keys += [one.key for one in of_file if one.state == "imported"]
        if problem:
            store.quarantine([event.event_id], reason=problem)
        else:
            done.append(event)
    store.finish(done, at=at)
    log.info("files_followed", events=len(events), landed=len(keys), refused=len(events) - len(done))
    return Followed(len(done), 0, tuple(keys))


def _is_gone_or_mapping(path: Path) -> bool:
    """Whether there is nothing to import: taken away again, or what says how its neighbour is read."""
    return not path.exists() or path.suffix.lower() in MAPPINGS


@contextmanager
def _local(settings: Settings, events: Sequence[Event]) -> Iterator[dict[Event, Path]]:
    """Where the files of the events lie on this machine, for as long as they are needed."""
    from ingest.adapters.drop import place_of
    from ingest.adapters.s3 import bucket_at, is_s3

    if not is_s3(settings.drop_uri):
        yield {event: place_of(settings.drop_uri, event.object_id) for event in events}
        return
    bucket = bucket_at(settings.drop_uri, setting="CAMPAIGN_REACH_DROP_URI", endpoint_url=settings.aws_endpoint_url)
    there = set(bucket.sizes())
    with tempfile.TemporaryDirectory(prefix="campaign-reach-drop-") as name:
        places: dict[Event, Path] = {}
        for number, event in enumerate(events):
            key = event.object_id
            path = Path(name) / f"{number:05d}" / PurePosixPath(key).parent.name / PurePosixPath(key).name
            path.parent.mkdir(parents=True)
            for beside in (key, f"{key}.yml", str(PurePosixPath(key).with_suffix(".yml"))):
                if beside in there:
                    bucket.download(beside, path.with_name(PurePosixPath(beside).name))
            places[event] = path
        yield places
