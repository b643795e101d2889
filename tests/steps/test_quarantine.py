"""Quarantine: nothing that could not be used is lost; after a fix it is brought in."""

import json
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.landing.envelope import Batch, Received, Request
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.state import ClientState
from ingest.domain.errors import AnswerRejected
from ingest.settings import Settings
from ingest.steps import refresh
from ingest.steps.load import load_landed
from ingest.steps.quarantine import answers_waiting, objects_waiting, retry_quarantine
from tests.conftest import MOMENT, settings_in


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def land(settings: Settings, *posts: dict[str, object]) -> str:
    body = json.dumps({"data": posts}).encode()
    answer = Received(Request("published_posts", "42"), body, http_status=200, graph_version="v26.0")
    return open_landing(settings).write(Batch("api", "facebook", "42", MOMENT, (answer,)))


def test_an_object_that_cannot_be_used_waits_with_its_place_and_the_rest_lands(settings: Settings) -> None:
    key = land(settings, {"id": "42_1", "created_time": "2024-02-01T00:00:00+0000"}, {"id": "42_2"})
    load_landed(settings)
    (waiting,) = objects_waiting(settings)
    assert (waiting.object_id, waiting.place) == ("42_2", f"{key}:1")
    assert "no time of publication" in waiting.reason


def test_a_retry_changes_nothing_as_long_as_nothing_is_mended(settings: Settings) -> None:
    land(settings, {"id": "42_1", "created_time": "2024-02-01T00:00:00+0000"}, {"id": "42_2"})
    load_landed(settings)
    result = retry_quarantine(settings)
    assert (result.brought_in, result.waiting) == (0, 1)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        assert warehouse.execute("select count(*) from raw.posts").fetchall() == [(1,)]
        assert warehouse.execute("select count(*) from raw.load_log").fetchall() == [(1,)]


def test_after_a_fix_a_retry_brings_in_what_waited(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest.adapters import warehouse

    strict = warehouse.LOAD.replace("creation_time", "no_such_time")  # a version that does not know Page stories yet
    land(settings, {"id": "42_9", "creation_time": "1706745600"})
    with monkeypatch.context() as patched:
        patched.setattr(warehouse, "LOAD", strict)
        load_landed(settings)
    assert len(objects_waiting(settings)) == 1
    result = retry_quarantine(settings)
    assert (result.brought_in, result.waiting) == (1, 0)


def test_an_answer_that_was_none_keeps_its_bytes_and_is_settled_when_the_account_is_read(settings: Settings) -> None:
    refused = AnswerRejected("no strict JSON", body=b"<html>")
    refresh._quarantine(settings, refused, "42", at=MOMENT)
    (waiting,) = answers_waiting(settings)
    assert Path(waiting.place).read_bytes() == b"<html>"
    assert retry_quarantine(settings).waiting == 1
    ClientState(settings.state_path).note_read("42", "listing", until=MOMENT.replace(year=MOMENT.year + 1))
    result = retry_quarantine(settings)
    assert (result.brought_in, result.waiting) == (1, 0)
    assert Path(waiting.place).read_bytes() == b"<html>"
