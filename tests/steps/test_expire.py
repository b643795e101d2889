"""Retention: what is older leaves landing, named in its manifest; numbers stay, and each proof says what is gone."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.adapters.answer_ledger import AnswerLedger
from ingest.adapters.landing.envelope import Batch
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.landing.removals import read_removals
from ingest.domain.cells import Cell
from ingest.settings import Settings, load_settings
from ingest.steps.expire import expire
from ingest.steps.explain import explain
from ingest.steps.load import load_landed
from ingest.steps.publish import publish_all
from ingest.steps.verify import plan_verify, verify
from tests.steps.served_world import ask, run
from tests.worked_example import OUR_PAGE, READ_AT, listing

LATER = READ_AT + timedelta(days=31)


def later(served: Settings, *, days: int | None, at: datetime = LATER) -> Settings:
    """The same world at a later moment, with a retention of so many days."""
    return load_settings(**(served.model_dump() | {"now": at, "retention_days": days}))


def api_keys(settings: Settings) -> list[str]:
    return [key for key in open_landing(settings).landed_keys() if key.startswith("api/")]


@pytest.mark.timeout(600)
def test_what_is_older_leaves_landing_and_every_proof_names_it(served: Settings) -> None:
    old = api_keys(served)
    ledger = AnswerLedger(served.state_path)
    for file, rows in ask(served.warehouse_path, "select file, rows from raw.load_log where file like 'api/%'"):
        batch_id = str(file).rpartition("/")[2].partition(".")[0]
        ledger.note_read(batch_id, int(str(rows)), at=READ_AT)
        ledger.note_landed(batch_id)
    batch = Batch("api", "facebook", "900", LATER, tuple(listing("facebook", "900", OUR_PAGE)))
    ledger.note_read(batch.batch_id, len(batch.answers), at=LATER)
    new = open_landing(served).write(batch)
    ledger.note_landed(batch.batch_id)
    settings = later(served, days=30)

    publish_all(settings)

    (removal,) = read_removals(open_landing(settings))
    assert (removal.why, [one.file for one in removal.files]) == ("expired", sorted(old))
    assert api_keys(settings) == [new]
    assert [key for key in open_landing(settings).landed_keys() if key.startswith("registry/")]
    assert ask(settings.warehouse_path, "select count(distinct post_id) from raw.posts") == [(7,)]
    found = verify(plan_verify(settings))
    assert [one for one in found if one.is_wrong] == []
    said = f"expired on 2024-11-15: 0 lines rewritten, {len(old)} files removed"
    assert [one.what for one in found] == [said]

    proof = explain(settings, Cell("lights", post_id="901_3"))
    assert (proof.published, proof.agrees) == (400, False)
    assert any(one.endswith("is in landing no more: expired on 2024-11-15") for one in proof.differences)
    assert explain(settings, Cell("lights", post_id="900_1")).agrees

    assert expire(settings) is None
    ran = run(settings, "rebuild", CAMPAIGN_REACH_RETENTION_DAYS="30")
    assert ran.stdout.startswith(f"landing holds no more: {said}")
    assert ask(settings.warehouse_path, "select count(distinct post_id) from raw.posts") == [(len(OUR_PAGE),)]


def test_without_a_retention_and_within_it_everything_stays(served: Settings) -> None:
    before = open_landing(served).keys()
    midnight = datetime(2024, 11, 15, tzinfo=UTC)
    assert expire(later(served, days=None, at=midnight + timedelta(days=3650))) is None
    assert expire(later(served, days=31, at=midnight + timedelta(hours=23))) is None
    assert open_landing(served).keys() == before
    assert expire(later(served, days=30, at=midnight)) is not None
    assert api_keys(served) == []


def test_what_is_not_loaded_yet_stays(served: Settings) -> None:
    batch = Batch("api", "facebook", "900", READ_AT, tuple(listing("facebook", "900", OUR_PAGE[:1])))
    key = open_landing(served).write(batch)
    settings = later(served, days=1)
    expire(settings)
    assert api_keys(settings) == [key]
    load_landed(settings)
    expire(settings)
    assert api_keys(settings) == []


def test_the_command_says_what_went_and_that_landing_is_kept_for_ever_otherwise(served: Settings) -> None:
    assert "kept for ever" in run(served, "expire").stdout
    assert "nothing is older than 9 days" in run(served, "expire", CAMPAIGN_REACH_RETENTION_DAYS="9").stdout
    ran = run(later(served, days=1), "expire", CAMPAIGN_REACH_RETENTION_DAYS="1")
    assert ran.stdout.startswith("expired on 2024-11-15: 0 lines rewritten, ")
