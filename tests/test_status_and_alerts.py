"""Status as a table and as JSON, and alerts: one message about what is not well, once, and never a secret."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ingest.adapters.queue.deliveries import LEASE, Delivery
from ingest.adapters.queue.open_queue import open_events, queue_path
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.adapters.registry import read_registry
from ingest.adapters.state import THE_APP, ClientState, Quota
from ingest.domain.errors import AlertNotSent, GateStopped, LandingDamaged
from ingest.domain.events import Event
from ingest.health import LEVELS, read_health, worst
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.sandbox.tokens import Token
from ingest.settings import PROJECT, Settings, load_settings
from ingest.steps.alert import send_alerts, tell_failure
from ingest.steps.publish import publish_marts
from ingest.steps.rollback import resume, roll_back
from tests.conftest import MOMENT, WORKED_EXAMPLE, settings_in
from tests.loopback import serving
from tests.steps.served_world import run, variables
from tests.two_campaigns import change

CAMPAIGNS = WORKED_EXAMPLE
ACCOUNTS = ("900", "901", "17841900")


class Receiver:
    """A webhook on loopback that keeps what it is sent."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.status == 200:
                    receiver.bodies.append(json.loads(body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/T0/SECRETPART"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with serving(made.server):
        yield made


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(read_registry(CAMPAIGNS), clock=lambda: MOMENT) as running:
        yield running


def world(folder: Path, receiver: Receiver | None = None, **overrides: object) -> Settings:
    own: dict[str, object] = {"campaigns_dir": CAMPAIGNS}
    return settings_in(folder, **(own | ({"alert_url": receiver.url} if receiver else {}) | overrides))


def all_read(settings: Settings, *, at: datetime = MOMENT) -> None:
    for account_id in ACCOUNTS:
        ClientState(settings.state_path).note_read(account_id, "listing", until=at)


def waiting_event(settings: Settings, *, at: datetime) -> None:
    event = Event("e" * 64, "d" * 64, "post", "facebook", "900", "900_1", "feed", "add", at, at)
    open_events(settings).add_delivered({"d" * 64: [event]}, at=at)


def refused_answer(settings: Settings, *, at: datetime, name: str = "a") -> None:
    settings.quarantine_dir.mkdir(exist_ok=True)
    facts = {"account_id": "900", "reason": "no JSON", "seen_at": at.isoformat()}
    (settings.quarantine_dir / f"{name}.json").write_text(json.dumps(facts))


def levels(settings: Settings) -> dict[str, str]:
    return {one.name: one.level for one in read_health(settings)}


def test_a_world_in_which_all_is_well_has_status_0(tmp_path: Path) -> None:
    settings = world(tmp_path)
    all_read(settings)
    assert set(levels(settings).values()) == {"ok"}
    ran = run(settings, "status")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "3 of 3 read lately" in ran.stdout


def test_status_1_is_a_warning_and_status_2_is_critical_for_monitors(tmp_path: Path) -> None:
    settings = world(tmp_path)
    all_read(settings)
    refused_answer(settings, at=MOMENT - timedelta(hours=1))
    ran = run(settings, "status", "--json")
    facts = json.loads(ran.stdout)
    assert (ran.returncode, facts["level"]) == (1, "warning")
    found = next(one for one in facts["readings"] if one["name"] == "quarantine")
    assert found["facts"] == {"waiting": 1, "within_a_day": 1}
    waiting_event(settings, at=MOMENT - timedelta(minutes=61))
    ran = run(settings, "status", "--json")
    assert (ran.returncode, json.loads(ran.stdout)["level"]) == (2, "critical")


@pytest.mark.parametrize(("minutes", "level"), [(20, "ok"), (21, "warning"), (60, "warning"), (61, "critical")])
def test_an_event_that_waits_too_long_is_told(tmp_path: Path, minutes: int, level: str) -> None:
    settings = world(tmp_path)
    waiting_event(settings, at=MOMENT - timedelta(minutes=minutes))
    assert levels(settings)["events"] == level


def test_a_delivery_that_is_dead_is_told(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    queue = SqliteQueue(queue_path(settings))
    queue.create()
    queue.put_many([Delivery(b"nobody finishes it", settings.clock())])
    for lease in range(6):
        queue.claim(at=settings.clock() + lease * LEASE, most=1)
    (found,) = [one for one in read_health(settings, with_tokens=False) if one.name == "dead deliveries"]
    assert (found.level, found.facts) == ("warning", {"dead": 1})


def test_an_account_that_was_not_read_for_two_days_is_stale_and_one_that_comes_by_file_is_not(tmp_path: Path) -> None:
    settings = world(tmp_path)
    all_read(settings, at=MOMENT - timedelta(hours=51))
    stale = {one for one, level in levels(settings).items() if level == "warning"}
    assert stale == {f"account {one}" for one in ACCOUNTS}
    settings = world(tmp_path / "other")
    folder = tmp_path / "other" / "landing" / "export" / "facebook" / "901" / "2026-11-22"
    folder.mkdir(parents=True)
    (folder / "20261122T060000Z-000000000000.ndjson.zst").touch()
    stale = {one for one, level in levels(settings).items() if level == "warning"}
    assert stale == {"account 900", "account 17841900"}


def test_a_token_that_ends_is_a_warning_and_one_that_is_none_is_critical(tmp_path: Path, sandbox: Sandbox) -> None:
    ending = sandbox.tokens.give(Token("USER", "EAAending", expires_at=MOMENT + timedelta(days=3)))
    own = {"graph_url": sandbox.url, "app_secrets": sandbox.tokens.app_secret}
    settings = world(tmp_path, access_tokens=ending.value, **own)
    assert levels(settings)["token 1"] == "warning"
    settings = world(tmp_path, access_tokens="EAAnothing", **own)
    assert "critical" in {level for name, level in levels(settings).items() if name.startswith("token")}
    assert worst(read_health(settings)) == LEVELS[2]


def test_one_message_tells_all_that_is_not_well_and_only_once_a_day(tmp_path: Path, receiver: Receiver) -> None:
    settings = world(tmp_path, receiver)
    all_read(settings)
    ClientState(settings.state_path).note_read("901", "listing", until=MOMENT - timedelta(hours=90))
    waiting_event(settings, at=MOMENT - timedelta(minutes=45))
    refused_answer(settings, at=MOMENT - timedelta(hours=1))
    sent = send_alerts(settings)
    assert [line.split(":")[1].strip() for line in sent] == ["events", "account 901", "quarantine"]
    (body,) = receiver.bodies
    assert all(line in str(body["text"]) for line in sent)

    for minutes in (10, 20, 30):  # the words change, the matter does not; at an hour it becomes critical
        later = world(tmp_path, receiver, now=MOMENT + timedelta(minutes=minutes - 20))
        send_alerts(later)
    assert len(receiver.bodies) == 1
    sent = send_alerts(world(tmp_path, receiver, now=MOMENT + timedelta(minutes=20)))
    assert [line.partition(":")[0] for line in sent if "events" in line] == ["critical", "over"]
    sent = send_alerts(world(tmp_path, receiver, now=MOMENT + timedelta(hours=24, minutes=1)))
    assert any("account 901" in line for line in sent)


def stale_account(settings: Settings) -> None:
    ClientState(settings.state_path).note_read("901", "listing", until=settings.clock() - timedelta(hours=90))


def used_up(*accounts: str) -> Callable[[Settings], None]:
    """A quota that is used up: of these accounts, or of the whole app."""

    def note(settings: Settings) -> None:
        at = settings.clock()
        for account_id in accounts:
            ClientState(settings.state_path).note_quota(Quota(account_id, 100, at + timedelta(hours=1), at))

    return note


def stopped_gate(settings: Settings) -> None:
    change(settings.warehouse_path, "update marts.fct_post_performance set clicks = -5 where post_id = '900_7'")
    later = load_settings(**(settings.model_dump() | {"now": settings.clock() + timedelta(minutes=1)}))
    with pytest.raises(GateStopped):
        publish_marts(later)


MATTERS: dict[str, Callable[[Settings], None]] = {
    "events": lambda settings: waiting_event(settings, at=settings.clock() - timedelta(minutes=25)),
    "account 901": stale_account,
    "quarantine": lambda settings: refused_answer(settings, at=settings.clock() - timedelta(hours=1)),
    "quota": used_up(*ACCOUNTS),
    "quota of the app": used_up(THE_APP),
    "stopped gate": stopped_gate,
}


@pytest.mark.parametrize("matter", MATTERS)
def test_each_matter_is_told_in_exactly_one_message(served: Settings, receiver: Receiver, matter: str) -> None:
    settings = load_settings(**(served.model_dump() | {"alert_url": receiver.url}))
    all_read(settings, at=settings.clock())
    if matter.startswith("quota"):
        ClientState(settings.state_path).note_quota(Quota("900", 10, None, settings.clock()))
    assert send_alerts(settings) == []
    MATTERS[matter](settings)
    for minutes in (0, 10, 20, 30):
        send_alerts(load_settings(**(settings.model_dump() | {"now": settings.clock() + timedelta(minutes=minutes)})))
    (body,) = receiver.bodies
    (line,) = body["alerts"]
    assert line.split(": ")[1] == matter.removesuffix(" of the app")


def test_a_token_that_ends_is_told_in_exactly_one_message(tmp_path: Path, receiver: Receiver, sandbox: Sandbox) -> None:
    ending = sandbox.tokens.give(Token("USER", "EAAendingsoon", expires_at=MOMENT + timedelta(days=3)))
    own = {"graph_url": sandbox.url, "app_secrets": sandbox.tokens.app_secret, "access_tokens": ending.value}
    settings = world(tmp_path, receiver, **own)
    all_read(settings)
    for minutes in (0, 10, 20):
        send_alerts(load_settings(**(settings.model_dump() | {"now": MOMENT + timedelta(minutes=minutes)})))
    (body,) = receiver.bodies
    (line,) = body["alerts"]
    assert line.startswith("warning: token 1: ")
    assert ending.value not in json.dumps(body)


def test_a_gate_that_stops_in_airflow_and_is_seen_by_the_watch_is_told_once(
    served: Settings, receiver: Receiver
) -> None:
    settings = load_settings(**(served.model_dump() | {"alert_url": receiver.url}))
    all_read(settings, at=settings.clock())
    stopped_gate(settings)
    tell_failure(settings, dag="publish_marts", task="publish", error=GateStopped("Gate candidate_publication: …"))
    send_alerts(settings)
    (body,) = receiver.bodies
    assert [str(line).split(": ")[1] for line in body["alerts"]] == ["publish_marts.publish failed", "stopped gate"]


def test_readers_who_are_held_at_an_older_version_show_in_the_status(served: Settings) -> None:
    change(served.warehouse_path, "update marts.dim_accounts set account_name = 'Other' where account_id = '901'")
    later = load_settings(**(served.model_dump() | {"now": served.clock() + timedelta(minutes=1)}))
    publish_marts(later)
    assert levels(later)["served"] == "ok"
    roll_back(later)
    (reading,) = [one for one in read_health(later) if one.name == "served"]
    assert (reading.level, "held since" in reading.found) == ("warning", True)
    assert "--resume" in reading.what_to_do
    resume(later)
    assert levels(later)["served"] == "ok"


def test_a_publication_that_cannot_be_read_is_critical_and_the_rest_is_said_all_the_same(served: Settings) -> None:
    all_read(served, at=served.clock())
    pointer = Path(served.published_uri) / "manifest.json"
    pointer.write_text(json.dumps(json.loads(pointer.read_text()) | {"manifest_version": 99}))
    ran = run(served, "status", "--json")
    readings = {one["name"]: one for one in json.loads(ran.stdout)["readings"]}
    assert (ran.returncode, readings["served"]["level"]) == (2, "critical")
    assert "was written by a newer release" in readings["served"]["found"]
    assert readings["loaded"]["level"] == "ok"


def test_what_is_well_again_is_told_once(tmp_path: Path, receiver: Receiver) -> None:
    settings = world(tmp_path, receiver)
    all_read(settings)
    ClientState(settings.state_path).note_read("901", "listing", until=MOMENT - timedelta(hours=90))
    send_alerts(settings)
    all_read(settings)
    assert send_alerts(settings) == ["over: account 901"]
    assert send_alerts(settings) == []


def test_no_secret_of_the_settings_is_ever_in_a_message(tmp_path: Path, receiver: Receiver) -> None:
    campaigns = tmp_path / "campaigns"
    campaigns.mkdir()
    text = (CAMPAIGNS / "lights.yml").read_text()
    secrets = {"app_secrets": "hush-hush-hush", "verify_token": "never-say-it", "access_tokens": "EAAsecrettoken"}
    name = " ".join(secrets.values())
    (campaigns / "lights.yml").write_text(text.replace("account_name: ", f"account_name: {name} ", 1))
    named = (campaigns / "lights.yml").read_text()
    assert name in named
    settings = world(tmp_path, receiver, campaigns_dir=campaigns, graph_url="http://127.0.0.1:9", **secrets)
    send_alerts(settings)
    said = json.dumps(receiver.bodies)
    assert said.count("REDACTED") >= 3
    assert [one for one in (*secrets.values(), "SECRETPART") if one in said] == []


def test_a_receiver_that_is_away_is_named_without_its_address_and_told_next_time(
    tmp_path: Path, receiver: Receiver
) -> None:
    settings = world(tmp_path, receiver)
    receiver.status = 503
    with pytest.raises(AlertNotSent, match="the receiver answered 503") as error:
        send_alerts(settings)
    assert "SECRETPART" not in str(error.value)
    receiver.status = 200
    assert len(send_alerts(settings)) == 3
    gone = world(tmp_path / "gone", alert_url="http://127.0.0.1:9/SECRETPART")
    with pytest.raises(AlertNotSent) as error:
        send_alerts(gone)
    assert "SECRETPART" not in str(error.value)


def test_without_a_webhook_nothing_is_sent(tmp_path: Path) -> None:
    assert send_alerts(world(tmp_path)) == []


def test_in_airflow_the_watch_tells_what_is_not_well_and_a_dag_that_fails_tells_itself_once(
    tmp_path: Path, receiver: Receiver
) -> None:
    settings = world(tmp_path)
    all_read(settings)
    stale_account(settings)
    waiting_event(settings, at=MOMENT - timedelta(minutes=45))
    refused_answer(settings, at=MOMENT - timedelta(hours=1))
    folder = tmp_path / "landing" / "api" / "facebook" / "900" / "2026-11-22"
    folder.mkdir(parents=True)
    (folder / "20261122T060000Z-000000000000.ndjson.zst").write_bytes(b"no landed file")
    arguments = (str(tmp_path / "airflow"), str(tmp_path / "events.jsonl"), "watch_health", "publish_marts")
    ran = subprocess.run(
        [sys.executable, "-m", "ingest.airflow_run", *arguments],
        env=variables(settings) | {"CAMPAIGN_REACH_ALERT_URL": receiver.url},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    watch, body = receiver.bodies
    assert [line.split(": ")[1] for line in watch["alerts"]] == ["events", "account 901", "quarantine"]
    assert len(body["alerts"]) == 1
    assert "publish_marts.load failed: LandingDamaged: " in str(body["text"])
    assert "20261122T060000Z-000000000000" in str(body["text"])

    last = json.loads((tmp_path / "events.jsonl").read_text().splitlines()[-1])
    again = LandingDamaged(last["error"].removeprefix("LandingDamaged: "))
    settings = world(tmp_path, receiver)
    assert tell_failure(settings, dag="publish_marts", task="load", error=again) == []
    assert len(tell_failure(settings, dag="publish_marts", task="load", error=LandingDamaged("another file"))) == 1
