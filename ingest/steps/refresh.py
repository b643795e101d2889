"""Refresh: read what the plan says of one account from the Graph API, and land the answers as one batch."""

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from ingest.adapters.answer_ledger import AnswerLedger
from ingest.adapters.state import THE_APP, ClientState, Quota
from ingest.domain.errors import AccountBlocked, RateLimited
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.graph.session import GraphApi
    from ingest.adapters.landing.envelope import Received
    from ingest.adapters.state import SeenPost
    from ingest.domain.errors import AnswerRejected, CampaignReachError
    from ingest.steps.read_account import AccountReader

log = structlog.get_logger()
PAUSE = timedelta(hours=1)
BLOCKED_FOR = timedelta(days=1)
"""How long nothing is asked of an account that Meta has blocked: each call meanwhile makes it longer."""


def refresh_account(settings: Settings, row: dict[str, Any]) -> list[str]:
    """Read one account of the plan, and land it as one batch; the landing keys.

    When a quota is used up on the way, what was read until then lands and the account rests.

    Raises: TokenRefused, GraphUnavailable, RateLimited, RequestRefused, AccountBlocked, UnsafeAnswer, StorageFailed.
    Then nothing of the account has landed, but an answer that was none lies in quarantine.
    """
    account_id, platform = str(row["account_id"]), str(row["platform"])
    fetched_at = settings.clock()
    rests = ClientState(settings.state_path).rests_until(account_id, at=fetched_at)
    if rests:
        log.info("account_left_for_later", account_id=account_id, not_before_at=rests.isoformat())
        return []
    with _reading(settings, account_id, platform, fetched_at) as reader:
        answers = reader.read(since=_moment(row.get("since_at")), post_ids=tuple(row.get("post_ids", ())))
    key = _land(settings, reader, answers)
    log.info("account_landed", account_id=account_id, platform=platform, answers=len(answers), key=key)
    return [key]


def refresh_side_by_side(
    settings: Settings, rows: Sequence[dict[str, Any]]
) -> "Iterator[tuple[dict[str, Any], CampaignReachError | None]]":
    """Read accounts side by side, each with an api object of its own; each row when it is done, and what went wrong.

    One bad account never stops the others.
    """
    from ingest.domain.errors import CampaignReachError

    with ThreadPoolExecutor(settings.side_by_side) as pool, _swift_switches():
        reads = {pool.submit(refresh_account, settings, row): row for row in rows}
        for read in as_completed(reads):
            problem = read.exception()
            if problem is not None and not isinstance(problem, CampaignReachError):
                raise problem
            yield reads[read], problem


@contextmanager
def _swift_switches() -> Iterator[None]:
    """Threads whose answer has come wait less for the one that computes: a tenth of the time of many accounts."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 10)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def refresh_posts(
    settings: Settings, account_id: str, platform: str, posts: dict[str, bool]
) -> tuple[list[str], set[str]]:
    """Read posts of one account alone, and land them; the landing keys, and the posts that are not there yet.

    Each post says whether its absence counts as its end: only then it lands.
    Raises: what `refresh_account` raises.
    """
    fetched_at = settings.clock()
    with _reading(settings, account_id, platform, fetched_at) as reader:
        answers, not_there = reader.read_posts(posts)
    if not answers:
        return [], not_there
    key = _land(settings, reader, answers)
    log.info("posts_landed", account_id=account_id, posts=len(posts) - len(not_there), key=key)
    return [key], not_there


def refresh_stories(settings: Settings, account_id: str, platform: str, story_ids: Sequence[str]) -> list[str]:
    """Read stories alone, and land their numbers; the landing keys.

    Raises: what `refresh_account` raises.
    """
    with _reading(settings, account_id, platform, settings.clock()) as reader:
        answers = reader.read_stories(story_ids)
    return [_land(settings, reader, answers)] if answers else []


def unknown_posts(settings: Settings, account_id: str, platform: str) -> "list[SeenPost]":
    """Which of the account's newest posts were never read: one call, and nothing lands.

    Raises: what `refresh_account` raises.
    """
    with _reading(settings, account_id, platform, settings.clock()) as reader:
        newest = reader.newest_posts()
    known = {post.post_id for post in reader.state.known_posts(account_id)}
    return [post for post in newest if post.post_id not in known and not reader.forgotten.names(post.post_id)]


@contextmanager
def _reading(settings: Settings, account_id: str, platform: str, at: datetime) -> "Iterator[AccountReader]":
    """A reader of the account; what it raises is noted: a used-up quota, an answer that was none."""
    from ingest.adapters.graph.access import api_for
    from ingest.adapters.landing.open_landing import erased_of, open_landing
    from ingest.domain.errors import AnswerRejected
    from ingest.steps.read_account import AccountReader

    state = ClientState(settings.state_path)
    try:
        api = api_for(settings, account_id)
        gone = erased_of(open_landing(settings))
        yield AccountReader(api, account_id, platform, state, at, most_calls=settings.most_calls, forgotten=gone)
    except AnswerRejected as error:
        _quarantine(settings, error, account_id, at=at)
        raise
    except RateLimited as error:
        _note_rest(state, error, account_id, at)
        raise
    except AccountBlocked:
        state.note_block(account_id, until=at + BLOCKED_FOR)
        raise


def _land(settings: Settings, reader: "AccountReader", answers: "tuple[Received, ...]") -> str:
    """Land the answers as one batch, and remember what was read; the landing key."""
    from ingest.adapters.landing.envelope import Batch
    from ingest.adapters.landing.open_landing import open_landing

    landing = open_landing(settings)
    batch = landing.sift(Batch("api", reader.platform, reader.account_id, reader.at, answers))
    ledger = AnswerLedger(settings.state_path)
    ledger.note_read(batch.batch_id, len(answers), at=reader.at)
    key = landing.write(batch)
    ledger.note_landed(batch.batch_id)
    reader.remember()
    for rejected in reader.rejected:
        _quarantine(settings, rejected, reader.account_id, at=reader.at)
    if reader.stopped:
        _note_rest(reader.state, reader.stopped, reader.account_id, reader.at)
        log.warning("account_stopped_by_quota", account_id=reader.account_id, landed=len(answers))
    else:
        rests = _pause(reader.api, reader.at)
        reader.state.note_quota(Quota(reader.account_id, reader.api.used_pct, rests, reader.at))
    return key


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _note_rest(state: ClientState, error: RateLimited, account_id: str, at: datetime) -> None:
    """Note that an account was stopped, or all of them, and until when."""
    for one in (account_id, THE_APP) if error.is_app_wide else (account_id,):
        state.note_quota(Quota(one, 100, at + _rest(error.minutes), at))


def _pause(api: "GraphApi", at: datetime) -> datetime | None:
    """Until when the account rests after a whole run that used up nearly all of the quota."""
    return at + _rest(api.regain_minutes) if api.is_nearly_used_up else None


def _rest(minutes: int | None) -> timedelta:
    """As long as Meta says, else an hour."""
    return timedelta(minutes=minutes) if minutes else PAUSE


def _quarantine(settings: Settings, error: "AnswerRejected", account_id: str, *, at: datetime) -> None:
    """Keep the bytes of what was no answer, but for credentials in them, and the reason beside them."""
    from ingest.adapters.landing.envelope import without_credentials

    folder = settings.quarantine_dir
    folder.mkdir(parents=True, exist_ok=True)
    body = without_credentials(error.body)
    digest = hashlib.sha256(body).hexdigest()
    AnswerLedger(settings.state_path).note_quarantined(digest, at=at)
    (folder / f"{digest}.bin").write_bytes(body)
    reason = {"account_id": account_id, "reason": str(error), "seen_at": at.isoformat()}
    (folder / f"{digest}.json").write_text(json.dumps(reason, ensure_ascii=False) + "\n", encoding="utf-8")
    log.warning("answer_quarantined", account_id=account_id, file=f"{digest}.bin")
