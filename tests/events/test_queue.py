"""The queue's promises, the same for SQLite and SQS: nothing is lost, nothing is done twice by the same lease."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ingest.adapters.queue.deliveries import LEASE, Claim, Delivery, DeliveryQueue
from ingest.adapters.queue.open_queue import open_queue
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.adapters.queue.sqs_queue import SqsQueue
from ingest.domain.errors import SettingsInvalid, StorageFailed
from tests.conftest import settings_in

NOW = datetime(2024, 2, 18, 12, tzinfo=UTC)


def delivery(number: int) -> Delivery:
    return Delivery(f'{{"n":{number}}}'.encode(), NOW)


def created(folder: Path) -> SqliteQueue:
    queue = SqliteQueue(folder / "queue.sqlite")
    queue.create()
    return queue


@pytest.fixture(params=["sqlite", "sqs"])
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> DeliveryQueue:
    if request.param == "sqlite":
        return created(tmp_path)
    uri = f"sqs://eu-central-1/{tmp_path.name[-60:].strip('_')}"
    made = open_queue(settings_in(tmp_path, queue_uri=uri, aws_endpoint_url=request.getfixturevalue("aws")))
    assert isinstance(made, SqsQueue)
    made.create()
    return made


@pytest.fixture
def impatient(queue: DeliveryQueue) -> DeliveryQueue:
    """A queue whose leases end at once, where the clock is not ours."""
    if not isinstance(queue, SqsQueue):
        return queue
    other = SqsQueue(f"{queue.name[:60]}-now", queue.region, queue.endpoint_url, lease=timedelta(0))
    other.create()
    return other


def bodies(claim: Claim | None) -> list[bytes]:
    return sorted(one.body for one in claim.deliveries) if claim else []


def test_what_was_put_is_claimed_once_and_gone_when_it_is_acknowledged(queue: DeliveryQueue) -> None:
    queue.put_many([delivery(number) for number in range(25)])
    assert queue.work_mark(at=NOW)
    claim = queue.claim(at=NOW, most=100)
    assert bodies(claim) == sorted(delivery(number).body for number in range(25))
    assert queue.claim(at=NOW, most=100) is None
    assert claim
    queue.extend(claim, at=NOW)
    queue.acknowledge(claim, at=NOW)
    assert not queue.work_mark(at=NOW + 2 * LEASE)
    assert (queue.facts().waiting, queue.facts().leased) == (0, 0)


def test_a_claim_that_is_given_back_is_somebody_elses(impatient: DeliveryQueue) -> None:
    impatient.put_many([delivery(1)])
    claim = impatient.claim(at=NOW, most=1)
    assert claim
    impatient.release(claim)
    again = impatient.claim(at=NOW, most=1)
    assert bodies(again) == [delivery(1).body]


def test_what_was_claimed_five_times_is_dead_until_it_is_driven_again(impatient: DeliveryQueue) -> None:
    impatient.put_many([delivery(1), delivery(2)])
    for lease in range(5):
        assert impatient.claim(at=NOW + lease * LEASE, most=2)
    assert impatient.claim(at=NOW + 5 * LEASE, most=2) is None
    assert (impatient.facts().dead, impatient.facts().waiting) == (2, 0)
    assert impatient.redrive() == 2
    assert bodies(impatient.claim(at=NOW, most=2)) == [delivery(1).body, delivery(2).body]


def test_what_somebody_else_is_to_blame_for_never_makes_a_delivery_die(tmp_path: Path) -> None:
    queue = created(tmp_path)
    queue.put_many([delivery(1)])
    for _ in range(20):
        claim = queue.claim(at=NOW, most=1)
        assert claim
        queue.release(claim)
    assert queue.facts().dead == 0


def test_a_lease_that_sqs_did_not_extend_is_an_error(queue: DeliveryQueue) -> None:
    if not isinstance(queue, SqsQueue):
        pytest.skip("SQLite has no leases of others")
    queue.put_many([delivery(1)])
    claim = queue.claim(at=NOW, most=1)
    assert claim
    queue.acknowledge(Claim(claim.batch_id, claim.deliveries), at=NOW)
    with pytest.raises(StorageFailed, match="did not extend"):
        queue.extend(_of_somebody(queue, claim), at=NOW)


def test_a_message_that_no_receiver_wrote_stops_nothing_and_ends_among_the_dead(impatient: DeliveryQueue) -> None:
    if not isinstance(impatient, SqsQueue):
        pytest.skip("nobody else writes into the file")
    impatient.client.send_message(QueueUrl=impatient._url(impatient.name), MessageBody="not ours")
    impatient.put_many([delivery(1)])
    assert impatient.claim(at=NOW, most=1)
    for _ in range(12):
        impatient.claim(at=NOW, most=1)
    assert impatient.facts().dead == 2


def _of_somebody(queue: SqsQueue, claim: Claim) -> Claim:
    """The claim of one whose lease has ended: SQS knows its receipts no more."""
    queue._receipts[claim.batch_id] = ["a-receipt-that-is-over"]
    return claim


def test_sqs_that_takes_a_part_only_acknowledges_nothing(queue: DeliveryQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    if not isinstance(queue, SqsQueue):
        pytest.skip("SQLite commits all or nothing")
    real = queue.client.send_message_batch

    def partly(**asked: object) -> object:
        return real(**asked) | {"Failed": [{"Id": "0", "SenderFault": False, "Code": "InternalError"}]}

    monkeypatch.setattr(queue.client, "send_message_batch", partly)
    with pytest.raises(StorageFailed, match="did not take 1 of 3"):
        queue.put_many([delivery(number) for number in range(3)])


def test_what_sqs_did_not_delete_is_an_error_and_comes_again(
    queue: DeliveryQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not isinstance(queue, SqsQueue):
        pytest.skip("SQLite commits all or nothing")
    queue.put_many([delivery(number) for number in range(3)])
    claim = queue.claim(at=NOW, most=3)
    assert claim
    answer = {"Successful": [{"Id": "0"}], "Failed": [{"Id": "1", "SenderFault": False, "Code": "InternalError"}]}
    monkeypatch.setattr(queue.client, "delete_message_batch", lambda **_: answer)
    with pytest.raises(StorageFailed, match="did not delete 1 messages"):
        queue.acknowledge(claim, at=NOW)


def test_a_queue_that_is_there_is_set_as_it_is_to_be(queue: DeliveryQueue) -> None:
    """One that an older release made has a smaller limit, and forgets its dead after four days."""
    if not isinstance(queue, SqsQueue):
        pytest.skip("a file has no such settings")
    older = SqsQueue(f"{queue.name[:50]}-older", queue.region, queue.endpoint_url)
    for name in (older.name, f"{older.name}-dead"):
        older.client.create_queue(QueueName=name, Attributes={"MaximumMessageSize": "262144"})
    older.create()
    for name in (older.name, f"{older.name}-dead"):
        url = older.client.get_queue_url(QueueName=name)["QueueUrl"]
        found = older.client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert (found["MaximumMessageSize"], found["MessageRetentionPeriod"]) == ("1048576", "1209600")


@pytest.mark.parametrize(("size", "fits"), [(180_000, True), (700_000, True), (1024 * 1024, False)])
def test_how_much_that_nothing_compresses_a_message_holds(queue: DeliveryQueue, size: int, fits: bool) -> None:
    import random

    noise = Delivery(random.Random(5).randbytes(size), NOW)  # noqa: S311
    if not isinstance(queue, SqsQueue):
        assert queue.takes(noise)
        return
    assert queue.takes(noise) is fits
    if fits:
        queue.put_many([delivery(1), noise, delivery(2)])
        assert noise.body in bodies(queue.claim(at=NOW, most=9))


def test_a_lease_that_ended_is_claimed_again(tmp_path: Path) -> None:
    queue = created(tmp_path)
    queue.put_many([delivery(1)])
    queue.claim(at=NOW, most=1)
    assert queue.claim(at=NOW + LEASE - timedelta(seconds=1), most=1) is None
    assert bodies(queue.claim(at=NOW + LEASE, most=1)) == [delivery(1).body]


def test_bytes_are_dropped_after_a_week_and_the_hash_stays_known(tmp_path: Path) -> None:
    queue = created(tmp_path)
    canary = Delivery(b'{"name":"canary-of-a-name"}' * 400, NOW)
    for day, one in ((0, canary), (1, delivery(1))):
        queue.put_many([one])
        claim = queue.claim(at=NOW + timedelta(days=day), most=9)
        assert claim
        queue.acknowledge(claim, at=NOW + timedelta(days=day))
    queue.put_many([delivery(2)])
    assert queue.forget_bytes(at=NOW + timedelta(days=7)) == 0
    assert queue.forget_bytes(at=NOW + timedelta(days=7, seconds=1)) == 1
    assert queue.body(canary.sha256) is None
    assert queue.body(delivery(1).sha256) == delivery(1).body
    assert not any(b"canary-of-a-name" in path.read_bytes() for path in tmp_path.iterdir())
    queue.put_many([canary])
    assert bodies(queue.claim(at=NOW, most=9)) == [delivery(2).body]
    assert queue.facts().repeats == 1


def test_dead_bytes_are_dropped_too_and_waiting_ones_never(tmp_path: Path) -> None:
    queue = created(tmp_path)
    queue.put_many([delivery(1)])
    for lease in range(6):
        queue.claim(at=NOW + lease * LEASE, most=1)
    queue.put_many([delivery(2)])
    assert queue.forget_bytes(at=NOW + timedelta(days=400)) == 1
    assert (queue.body(delivery(1).sha256), queue.body(delivery(2).sha256)) == (None, delivery(2).body)
    assert queue.redrive() == 0


def test_the_file_is_its_owners_only(tmp_path: Path) -> None:
    queue = created(tmp_path)
    assert queue.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("uri", ["", "sqlite:///", "redis://x", "sqs://", "sqs://region"])
def test_a_uri_that_names_no_queue_says_how_one_is_written(tmp_path: Path, uri: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"sqlite:///var/queue\.sqlite"):
        open_queue(settings_in(tmp_path, queue_uri=uri))


class QueueMachine(RuleBasedStateMachine):
    """The SQLite queue beside a dictionary: whatever the order of calls, a delivery is in one state and never lost."""

    @initialize(folder=st.just(None))
    def begin(self, folder: None) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.queue = created(Path(self.folder.name))
        self.known: dict[bytes, str] = {}
        self.put_count = 0
        self.at = NOW
        self.claims: list[Claim] = []

    @rule(numbers=st.lists(st.integers(0, 12), min_size=1, max_size=5))
    def put(self, numbers: list[int]) -> None:
        self.queue.put_many([delivery(number) for number in numbers])
        self.put_count += len(numbers)
        for number in numbers:
            self.known.setdefault(delivery(number).body, "open")

    @rule(most=st.integers(1, 5))
    def claim(self, most: int) -> None:
        claim = self.queue.claim(at=self.at, most=most)
        if claim:
            assert all(self.known[one.body] == "open" for one in claim.deliveries)
            self.claims.append(claim)

    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        if self.claims:
            claim = data.draw(st.sampled_from(self.claims))
            self.claims.remove(claim)
            states = {sha256: state for sha256, state, _, _ in self.queue.ledgers()[0]}
            self.queue.acknowledge(claim, at=self.at)
            after = {sha256: state for sha256, state, _, _ in self.queue.ledgers()[0]}
            for one in claim.deliveries:
                if states[one.sha256] != "done" and after[one.sha256] == "done":
                    self.known[one.body] = "done"

    @rule()
    def wait(self) -> None:
        self.at += LEASE / 2

    @invariant()
    def nothing_is_lost(self) -> None:
        ledger = self.queue.ledgers()[0] if self.known else []
        assert len(ledger) == len(self.known)
        assert self.put_count == len(ledger) + sum(row[3] for row in ledger)
        done = {row[0] for row in ledger if row[1] == "done"}
        assert done == {Delivery(body, NOW).sha256 for body, state in self.known.items() if state == "done"}

    def teardown(self) -> None:
        self.folder.cleanup()


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
