"""An erasure that is killed anywhere is finished by the next one, and proved; an account goes with all its posts."""

import hashlib
import json
import shutil
import signal
from pathlib import Path

import pytest
import yaml

from ingest.adapters.landing.envelope import Attachment, Batch, Received, Request
from ingest.adapters.landing.files import SUFFIX
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.landing.removals import Removal, RemovedFrom, id_sha256, read_removals
from ingest.adapters.queue.deliveries import Delivery
from ingest.adapters.queue.open_queue import open_sqs
from ingest.adapters.queue.sqs_queue import SqsQueue
from ingest.settings import Settings, load_settings
from ingest.steps.erase import erase
from ingest.steps.search import search
from ingest.steps.verify import plan_verify, verify
from tests.steps.dying import erase_and_die
from tests.steps.served_world import ask
from tests.steps.test_erase import mentioned_everywhere
from tests.worked_example import READ_AT

POST = "900_2"


POINTS = {
    "drain_queue": 1,
    "_from_landing": 4,
    "_from_database": 2,
    "_from_folders": 2,
    "rebuild._remove": 1,
    "rebuild.load_landed": 3,
    "rebuild.build_marts": 2,
    "rebuild._put_in_place": 2,
    "rebuild.publish_marts": 20,
    "_from_publication": 3,
    "search": 1,
}
"""Every stage of an erasure, and the change of it before which it dies."""


@pytest.mark.timeout(600)
def test_an_erasure_that_is_killed_in_every_stage_is_finished_by_the_next_and_proved(served: Settings) -> None:
    mentioned_everywhere(served)
    published, heard = Path(served.published_uri), served.warehouse_path.with_name("heard")
    versions = set((published / "versions").iterdir())
    stages: set[str] = set()

    for stage, change in (("_from_landing", 1), *POINTS.items()):
        heard.unlink(missing_ok=True)
        assert erase_and_die(served, POST, stage=stage, change=change, heard=heard) == -signal.SIGKILL, stage
        assert heard.read_text().split().count(stage) == change
        stages |= set(heard.read_text().split())
        assert any(one.found for one in search(served, POST)) or stage == "search"

    assert stages == set(POINTS)  # there is no stage in which none died
    erased = erase(served, POST)
    assert erased.is_gone, erased.proof
    assert not any(one.found for one in search(served, POST))
    assert not versions & set((published / "versions").iterdir())
    assert [one for one in verify(plan_verify(served)) if one.is_wrong] == []
    assert not served.warehouse_path.with_name("warehouse.rebuilt.duckdb").exists()
    query = "select sum(views) from marts.agg_campaign_reach"
    assert ask(published / "campaign_reach.duckdb", query) == [(5120 - 2500,)]


def imported(served: Settings, folder: Path) -> str:
    """An imported file that mentions the post; its key in landing."""
    export = folder / "export.csv"
    export.write_text(f"Post ID,Views\n{POST},7\n")
    digest = hashlib.sha256(export.read_bytes()).hexdigest()
    line = Received(Request("file", "export.csv"), b"{}")
    batch = Batch("webhook", "facebook", "900", READ_AT, (line,), Attachment(export, digest, "csv"))
    return open_landing(served).write(batch)


@pytest.fixture
def on_sqs(served: Settings, aws: str) -> Settings:
    """The served world, with its deliveries on SQS."""
    uri = f"sqs://eu-central-1/reach-{served.warehouse_path.parent.name.replace('_', '-')[-40:]}"
    settings = load_settings(**(served.model_dump() | {"queue_uri": uri, "aws_endpoint_url": aws}))
    open_sqs(settings).create()
    return settings


def delivery(post_id: str) -> Delivery:
    change = {"field": "feed", "value": {"item": "post", "verb": "edited", "post_id": post_id}}
    body = {"object": "page", "entry": [{"id": "900", "time": 1, "changes": [change]}]}
    return Delivery(json.dumps(body).encode(), READ_AT)


def put_dead(queue: SqsQueue, deliveries: list[Delivery]) -> None:
    """What SQS does after five receptions, done at once."""
    SqsQueue(f"{queue.name}-dead", queue.region, queue.endpoint_url).put_many(deliveries)


@pytest.mark.timeout(600)
def test_what_a_killed_erasure_left_beside_a_file_and_what_lies_on_sqs_goes_with_the_next(
    on_sqs: Settings, tmp_path: Path
) -> None:
    key = imported(on_sqs, tmp_path)
    landing = open_landing(on_sqs)
    odd = f'{{"id":"{POST}","message":"\\ud83d","created_time":"2024-03-20"}}'.encode()
    cleaned = landing.write(
        Batch("api", "facebook", "900", READ_AT, (Received(Request("post", POST), odd, 200, "v26.0"),))
    )
    before = hashlib.sha256(landing.local_path(key).read_bytes()).hexdigest()
    removal = Removal("2024-10-15T05:00:00Z", "erased", id_sha256(POST), (RemovedFrom(key, before, None, (1,)),))
    landing.put_new(removal.key, removal.as_bytes())
    landing.take_out(key, None)  # killed here: the imported file is left
    everything = landing.keys()
    beside = [one for one in everything if one.startswith(cleaned.removesuffix(SUFFIX)) and one != cleaned]
    assert len(beside) == 1
    assert any(one.endswith(".csv") for one in everything)
    queue = open_sqs(on_sqs)
    queue.put_many([delivery(POST)])
    put_dead(queue, [delivery(POST), delivery("900_1")])
    (before_it,) = [one for one in search(on_sqs, POST) if one.store == "queue on SQS"]
    assert (before_it.looked_at, len(before_it.found)) == (3, 2)
    erased = erase(on_sqs, POST)
    assert erased.is_gone, erased.proof
    facts = queue.facts()
    assert (facts.waiting, facts.leased, facts.dead, queue.redrive()) == (0, 0, 1, 1)
    left = landing.keys()
    assert [one for one in left if one.endswith((".csv", ".bin"))] == []
    assert [one for one in verify(plan_verify(on_sqs)) if one.is_wrong] == []
    assert len(read_removals(landing)) == 2


def test_a_delivery_that_somebody_else_has_in_hand_is_named_and_no_proof_is_given(on_sqs: Settings) -> None:
    queue = open_sqs(on_sqs)
    queue.put_many([delivery(POST)])
    assert queue.claim(at=READ_AT, most=10)
    (found,) = [one for one in search(on_sqs, POST) if one.store == "queue on SQS"]
    assert found.found == (f"{queue.name}: 1 deliveries wait or are in hand elsewhere: erase again later",)


@pytest.mark.timeout(600)
def test_an_account_goes_with_its_posts_once_no_campaign_file_names_it(served: Settings, tmp_path: Path) -> None:
    campaigns = tmp_path / "other_campaigns"
    shutil.copytree(served.campaigns_dir, campaigns)
    file = campaigns / "lights.yml"
    rules = yaml.safe_load(file.read_text())
    rules["accounts"] = [one for one in rules["accounts"] if one["account_id"] != "901"]
    file.write_text(yaml.safe_dump(rules, allow_unicode=True))
    settings = load_settings(**(served.model_dump() | {"campaigns_dir": campaigns}))
    erased = erase(settings, "901")
    assert erased.is_gone, erased.proof
    database = Path(settings.published_uri) / "campaign_reach.duckdb"
    assert ask(database, "select count(*) from marts.dim_posts where post_id like '901%'") == [(0,)]
    assert ask(database, "select count(*) from marts.dim_accounts where account_id = '901'") == [(0,)]
    assert ask(database, "select sum(views) from marts.agg_campaign_reach") == [(5120 - 400,)]
    keys = open_landing(settings).keys()
    assert not any("901" in key for key in keys if not key.startswith("removals/"))
    assert [one for one in verify(plan_verify(settings)) if one.is_wrong] == []
