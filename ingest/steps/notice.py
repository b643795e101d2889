"""Notice: what has changed without a webhook becomes an event like any other.

A file in the drop folder, a changed campaign file, and the clock: Instagram does not tell of new posts, so each of its
accounts is asked for its newest ones, and a story is read before it ends and is gone.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from ingest.domain.errors import RegistryInvalid
from ingest.domain.events import POLL, POLL_EVERY, STORY_ENDS, STORY_LIVES, STORY_READ_BEFORE, Event
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.drop import Arrival

log = structlog.get_logger()
DROP, CAMPAIGNS = "drop", "campaigns"
LISTED_EVERY = timedelta(minutes=1)
"""How often an S3 prefix is listed at most."""


def notice_changes(settings: Settings) -> int:
    """Make events of what has changed since the last look; how many are news.

    Raises: StorageFailed, SettingsInvalid.
    """
    from ingest.adapters.drop import arrivals
    from ingest.adapters.queue.open_queue import open_events

    store, at = open_events(settings), settings.clock()
    noticed, marks = store.noticed(), local_marks(settings)
    events: list[Event] = []
    if _is_to_be_listed(settings, noticed, marks, at):
        events += [_file(one, at) for one in arrivals(settings.drop_uri, endpoint_url=settings.aws_endpoint_url)]
    if marks[CAMPAIGNS] != noticed.get(CAMPAIGNS):
        events.append(_event("campaign", marks[CAMPAIGNS], at, field="campaign_files", verb="changed"))
    polls = list(_polls(settings, noticed, at))
    marks |= {_poll_mark(one.account_id): at.isoformat() for one in polls}
    news = store.add_noticed([*events, *polls, *_stories(settings, at)], marks, at=at)
    if news:
        log.info("changes_noticed", events=news)
    return news


def local_marks(settings: Settings) -> dict[str, str]:
    """Marks of the drop folder and the campaign files; cheap, and another one when something has changed.

    Below an S3 prefix nothing is looked at so often: the sweep lists it.
    """
    from ingest.adapters.drop import arrivals, files_of, mark_of
    from ingest.adapters.s3 import is_s3

    is_far = is_s3(settings.drop_uri)
    return {
        DROP: settings.clock().isoformat() if is_far else mark_of(arrivals(settings.drop_uri)),
        CAMPAIGNS: mark_of(files_of(settings.campaigns_dir, suffixes=(".yml",))),
    }


def _is_to_be_listed(settings: Settings, noticed: dict[str, str], marks: dict[str, str], at: datetime) -> bool:
    """Whether to look into the drop folder: it has another mark, or it is far away and was listed a while ago."""
    from ingest.adapters.s3 import is_s3

    before = noticed.get(DROP)
    if before is None or not is_s3(settings.drop_uri):
        return before != marks[DROP]
    if at - datetime.fromisoformat(before) >= LISTED_EVERY:
        return True
    marks[DROP] = before
    return False


def has_changed_here(settings: Settings) -> bool:
    """Whether a file has arrived or a campaign file has changed since the last look."""
    from ingest.adapters.queue.open_queue import open_events
    from ingest.adapters.s3 import is_s3

    noticed, marks = open_events(settings).noticed(), local_marks(settings)
    looked_at = [CAMPAIGNS] if is_s3(settings.drop_uri) else [DROP, CAMPAIGNS]
    return any(marks[what] != noticed.get(what) for what in looked_at)


def _polls(settings: Settings, noticed: dict[str, str], at: datetime) -> Iterator[Event]:
    """One event for each Instagram account with an active campaign whose newest posts were not asked for lately."""
    from ingest.steps.plan import account_states

    try:
        accounts = account_states(settings)
    except RegistryInvalid:  # the event of the changed file says so, when it is followed
        return
    for account in accounts:
        polled = noticed.get(_poll_mark(account.account_id))
        is_due = polled is None or at - datetime.fromisoformat(polled) >= POLL_EVERY
        if account.platform == "instagram" and account.listed_at and account.is_active(at) and is_due:
            yield _event("sweep", "", at, field=POLL, verb="look", platform="instagram", account_id=account.account_id)


def _stories(settings: Settings, at: datetime) -> Iterator[Event]:
    """One event for each story that has been seen: due two hours before it ends."""
    from ingest.adapters.state import ClientState

    for story in ClientState(settings.state_path).stories(since=at - STORY_LIVES):
        due = story.published_at + STORY_LIVES - STORY_READ_BEFORE
        yield _event(
            "sweep",
            story.post_id,
            due,
            field=STORY_ENDS,
            verb="read",
            platform="instagram",
            account_id=story.account_id,
        )


def post_seen(account_id: str, platform: str, post_id: str, *, at: datetime) -> Event:
    """The event of a post that a poll found."""
    return _event("post", post_id, at, field=POLL, verb="add", platform=platform, account_id=account_id)


def _file(arrival: "Arrival", at: datetime) -> Event:
    return _event("file", arrival.name, at, field=DROP, verb="arrived", mark=arrival.mark)


def _event(
    kind: str,
    object_id: str,
    due_at: datetime,
    *,
    field: str,
    verb: str,
    platform: str = "",
    account_id: str = "",
    mark: str = "",
) -> Event:
    """An event that no delivery brought; it is the same one whenever the same is noticed again."""
    moment = due_at.isoformat() if kind == "sweep" else ""
    facts = "\n".join((kind, platform, account_id, object_id, field, mark, moment))
    digest = hashlib.sha256(facts.encode()).hexdigest()
    return Event(digest, "", kind, platform, account_id, object_id, field, verb, due_at, due_at)


def _poll_mark(account_id: str) -> str:
    return f"poll {account_id}"
