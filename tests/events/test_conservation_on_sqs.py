"""The first sum with a queue on SQS: what the receiver acknowledged was drained, or waits there by SQS's own count."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import EndpointConnectionError
from botocore.httpsession import URLLib3Session

from ingest.adapters.queue.deliveries import Delivery
from ingest.adapters.queue.open_queue import open_sqs
from ingest.adapters.registry import read_registry
from ingest.domain.errors import StorageFailed
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.settings import PROJECT, Settings
from ingest.steps.backup import back_up
from ingest.steps.check_landed import check_landed
from ingest.steps.follow import follow_events
from ingest.steps.load import load_landed
from tests.events.test_conservation import change, follow_some, stops
from tests.living_world import NOW, reading

LATER = NOW + timedelta(minutes=10)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: NOW) as running:
        yield running


def on_sqs(folder: Path, sandbox: Sandbox, aws: str, name: str, *, at: datetime = NOW) -> Settings:
    """Settings whose queue is on SQS."""
    return reading(folder, sandbox, queue_uri=f"sqs://eu-central-1/{name}", aws_endpoint_url=aws, now=at)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox, aws_server: str) -> Path:
    """A folder in which deliveries came by SQS, some twice, were followed, and what they asked for is loaded."""
    folder = tmp_path_factory.mktemp("followed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "x")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        settings = on_sqs(folder, sandbox, aws_server, uuid4().hex)
        queue = open_sqs(settings)
        queue.create()
        follow_some(settings, queue, sandbox, posts=4)
    return folder


@pytest.fixture
def name() -> str:
    """The name of a queue of the test's own."""
    return uuid4().hex


@pytest.fixture
def settings(followed: Path, tmp_path: Path, sandbox: Sandbox, aws: str, name: str) -> Settings:
    """The same ten minutes later, in a folder of the test's own, whose queue on SQS is empty."""
    shutil.copytree(followed, tmp_path / "copy")
    later = on_sqs(tmp_path / "copy", sandbox, aws, name, at=LATER)
    open_sqs(later).create()
    return later


def put(settings: Settings, body: bytes, *, at: datetime = NOW) -> None:
    open_sqs(settings).put_many([Delivery(body, at)])


def lose(settings: Settings, most: int = 10) -> None:
    """Delete messages that nobody has drained, as a hand would."""
    queue = open_sqs(settings)
    url = queue._url(queue.name)
    for message in queue.client.receive_message(QueueUrl=url, MaxNumberOfMessages=most)["Messages"]:
        queue.client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_the_log_counts_what_is_done_and_what_came_again(settings: Settings) -> None:
    facts = open_sqs(settings).facts()
    assert (facts.done, facts.repeats, facts.oldest_waiting_at) == (4, 1, None)
    put(settings, b"waits")
    assert open_sqs(settings).facts().oldest_waiting_at == NOW


@pytest.mark.parametrize(
    ("file", "statement", "rule"),
    [
        ("sqs_log.sqlite", "delete from receipts where receipt = 2", "acknowledged_deliveries_are_kept"),
        ("sqs_log.sqlite", "delete from deliveries where seq = 2", "acknowledged_deliveries_are_kept"),
        ("sqs_log.sqlite", "update deliveries set repeats = 0 where repeats = 1", "acknowledged_deliveries_are_kept"),
        ("events.sqlite", "delete from drained where rowid = 1", "done_deliveries_became_events"),
    ],
)
def test_a_row_that_is_gone_from_a_file_stops_the_publication(
    settings: Settings, tmp_path: Path, file: str, statement: str, rule: str
) -> None:
    load_landed(settings)
    check_landed(settings)
    change(tmp_path / "copy" / file, statement)
    load_landed(settings)
    assert rule in stops(settings)


def test_a_message_that_is_gone_from_sqs_before_it_was_drained_stops_the_publication(settings: Settings) -> None:
    put(settings, b"one")
    put(settings, b"another")
    load_landed(settings)
    check_landed(settings)
    lose(settings, 1)
    load_landed(settings)
    assert "waiting_deliveries_are_on_sqs" in stops(settings)


def test_what_waits_is_in_hand_is_dead_or_came_a_moment_ago_is_not_missing(settings: Settings) -> None:
    queue = open_sqs(settings)
    put(settings, b"dead")
    lose(settings)
    queue.client.send_message(QueueUrl=queue.url_of_dead, MessageBody="as SQS moves it")
    put(settings, b"in hand")
    assert queue.claim(at=LATER, most=1)
    put(settings, b"waits")
    load_landed(settings)
    check_landed(settings)
    assert (queue.facts().waiting, queue.facts().leased, queue.facts().dead) == (1, 1, 1)
    lose(settings)
    put(settings, b"waits")
    put(settings, b"a moment ago", at=LATER)
    lose(settings, 1)
    load_landed(settings)
    check_landed(settings)


def test_who_dies_after_the_log_and_before_sqs_gets_the_delivery_again_and_nothing_differs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wire breaks when messages are to be deleted. Nobody waits for the lease: they are made visible at once."""
    put(settings, b'{"object":"page","entry":[]}')
    undeleted: list[str] = []
    send = URLLib3Session.send

    def breaks(session: URLLib3Session, request: AWSPreparedRequest) -> object:
        if b"DeleteMessageBatch" not in request.headers.get("X-Amz-Target", b""):
            return send(session, request)
        undeleted.extend(one["ReceiptHandle"] for one in json.loads(request.body)["Entries"])
        raise EndpointConnectionError(endpoint_url=request.url)

    with monkeypatch.context() as patch:
        patch.setattr(URLLib3Session, "send", breaks)
        with pytest.raises(StorageFailed):
            follow_events(settings)
    queue = open_sqs(settings)
    assert queue.facts().done == 5
    for receipt in undeleted:
        url = queue._url(queue.name)
        queue.client.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)
    assert open_sqs(settings).facts().waiting == 1
    follow_events(settings)
    assert (open_sqs(settings).facts().waiting, open_sqs(settings).facts().done) == (0, 5)
    load_landed(settings)
    check_landed(settings)


def test_a_log_that_cannot_be_written_acknowledges_nothing(settings: Settings, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "copy" / "sqs_log.sqlite") as file:
        file.execute("drop table receipts")
    with pytest.raises(StorageFailed, match="Nothing was acknowledged"):
        put(settings, b"not noted")


def test_what_sqs_has_dropped_after_two_weeks_is_dead_and_stops_nothing_more(settings: Settings) -> None:
    put(settings, b"never drained")
    lose(settings)
    load_landed(settings)
    stops(settings)
    queue = open_sqs(settings)
    assert queue.log
    assert queue.forget_bytes(at=NOW + timedelta(days=14)) == 0
    assert queue.log.facts().dead == 0
    queue.forget_bytes(at=NOW + timedelta(days=14, seconds=1))
    assert queue.log.facts().dead == 1
    load_landed(settings)
    check_landed(settings)


def test_tasks_that_cannot_see_the_log_are_warned_and_go_on(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "copy" / "sqs_log.sqlite").unlink()
    load_landed(settings)
    check_landed(settings)
    from expectations.event_ledger import judge_ledger
    from ingest.adapters.warehouse import open_warehouse

    with open_warehouse(settings.warehouse_path) as connection:
        assert [one.rule for one in judge_ledger(connection).warnings] == ["drained_deliveries_are_in_the_log"]


def test_when_sqs_cannot_be_asked_what_it_held_last_stands(settings: Settings) -> None:
    put(settings, b"one")
    load_landed(settings)
    away = settings.model_copy(update={"aws_endpoint_url": "http://127.0.0.1:9"})
    lose(settings)
    load_landed(away)
    check_landed(away)
    load_landed(settings)
    assert "waiting_deliveries_are_on_sqs" in stops(settings)


def test_the_log_is_in_the_backup(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "backup")
    assert (tmp_path / "backup" / "sqs_log.sqlite").exists()
