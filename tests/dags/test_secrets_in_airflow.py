"""Airflow keeps what tasks say and give on: its database, XCom, rendered templates and logs hold no secret of ours."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.adapters.registry import read_registry
from ingest.sandbox.fault_front import evil_host, faulty
from ingest.sandbox.faults import FAULTS
from ingest.sandbox.server import running_sandbox
from ingest.settings import PROJECT
from tests.conftest import MOMENT
from tests.faults.canary import files_below, found_in, secrets_of, strange_secrets

CAMPAIGNS = PROJECT / "tests" / "data" / "worked_example"
SAID_BACK = next(fault for fault in FAULTS if "said back" in fault.what)
TEMPLATES = "select cast(rendered_fields as text) from rendered_task_instance_fields"
XCOMS = "select cast(value as text) from xcom"


@dataclass(frozen=True)
class Ran:
    """What two runs of Airflow left: where, what the processes said before and after the leaks, and the secrets."""

    home: Path
    places: Path
    clean: str
    leaking: str
    secrets: list[str]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    home, places = tmp_path_factory.mktemp("airflow"), tmp_path_factory.mktemp("places")
    with (
        running_sandbox(read_registry(CAMPAIGNS), clock=lambda: MOMENT) as sandbox,
        evil_host() as (evil, _),
        faulty(sandbox.url, evil=evil) as front,
        strange_secrets(sandbox.tokens),
    ):
        front.spoil(SAID_BACK, on="901/published_posts", times=99)  # one account fails, and its error is told
        process = subprocess.run(
            [sys.executable, "-u", "-m", "tests.dags.run_with_leaks", str(home)],
            cwd=PROJECT,
            env=os.environ | sandbox.environment() | places_in(places, front.url),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        secrets = secrets_of(sandbox.tokens)
    clean, said, leaking = process.stdout.partition("\n=== leaks ===\n")
    assert said, process.stdout[-4000:]
    return Ran(home, places, clean, leaking, secrets)


def places_in(folder: Path, graph_url: str) -> dict[str, str]:
    """Settings that read from there and write into a folder."""
    uris = {f"{name}_URI": str(folder / name) for name in ("LANDING", "PUBLISHED", "DROP")}
    folders = {f"{name}_DIR": str(folder / name) for name in ("QUARANTINE", "LOGS", "DBT")}
    files = {f"{name}_PATH": str(folder / name) for name in ("STATE", "WAREHOUSE", "EVENTS")}
    own = {
        "QUEUE_URI": f"sqlite:///{folder / 'queue.sqlite'}",
        "CAMPAIGNS_DIR": str(CAMPAIGNS),
        "NOW": MOMENT.isoformat(),
        "GRAPH_URL": graph_url,
    }
    return {f"CAMPAIGN_REACH_{name}": value for name, value in (uris | folders | files | own).items()}


def rows(database: Path, query: str) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [str(text) for (text,) in connection.execute(query).fetchall()]


def test_what_airflow_keeps_of_a_refresh_holds_no_secret(ran: Ran) -> None:
    database = ran.home / "clean.db"
    texts = [("database", database.read_bytes()), ("output", ran.clean.encode())]
    texts += [*files_below(ran.home / "clean_logs"), *files_below(ran.places)]
    assert found_in(texts, ran.secrets) == []


def test_the_refresh_did_leave_plan_rows_landing_keys_templates_and_an_error(ran: Ran) -> None:
    database = ran.home / "clean.db"
    xcoms, templates = rows(database, XCOMS), rows(database, TEMPLATES)
    assert any("api/facebook/900/" in text for text in xcoms)
    assert any('"account_id"' in text for text in templates)
    assert "'refresh_accounts': 'failed'" in ran.clean
    logs = [text for _, text in files_below(ran.home / "clean_logs")]
    assert any(b"Malformed access token" in text for text in (*logs, ran.clean.encode()))


@pytest.mark.parametrize(("place", "query"), [("XCom", XCOMS), ("rendered templates", TEMPLATES)])
def test_a_secret_that_leaks_into_the_database_is_found_there(ran: Ran, place: str, query: str) -> None:
    texts = ((place, text.encode()) for text in rows(ran.home / "airflow.db", query))
    assert found_in(texts, ran.secrets)


def test_a_secret_that_leaks_into_a_log_is_found_there(ran: Ran) -> None:
    assert found_in([*files_below(ran.home / "logs"), ("output", ran.leaking.encode())], ran.secrets)
