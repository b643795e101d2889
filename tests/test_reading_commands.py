"""The commands that read from Meta, at a terminal of 80 columns: plan, quota, quarantine; and bad calls of any."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.adapters.registry import read_registry
from ingest.adapters.state import ClientState, SeenPost
from ingest.cli.pipes import LeavableOutput
from ingest.sandbox.fault_front import FaultFront, evil_host, faulty
from ingest.sandbox.faults import FAULTS
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.settings import PROJECT
from tests.conftest import MOMENT

COMMAND = Path(sys.executable).with_name("campaign-reach")
CAMPAIGNS = PROJECT / "tests" / "data" / "worked_example"
COLUMNS = 80


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(read_registry(CAMPAIGNS), clock=lambda: MOMENT) as running:
        yield running


@pytest.fixture(scope="module")
def front(sandbox: Sandbox) -> Iterator[FaultFront]:
    with evil_host() as (evil, _), faulty(sandbox.url, evil=evil) as running:
        yield running


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_REACH_")}
    own = {"NOW": MOMENT.isoformat(), "CAMPAIGNS_DIR": str(CAMPAIGNS), **settings}
    return subprocess.run(
        [str(COMMAND), *arguments],
        cwd=folder,
        env=plain | {"COLUMNS": str(COLUMNS)} | {f"CAMPAIGN_REACH_{name}": value for name, value in own.items()},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox, front: FaultFront) -> Path:
    """A folder in which two accounts were read, one was no answer and rests in quarantine, one is throttled."""
    made = tmp_path_factory.mktemp("read")
    own = {name.removeprefix("CAMPAIGN_REACH_"): value for name, value in sandbox.environment().items()}
    html = next(fault for fault in FAULTS if fault.what == "200 with HTML")
    front.spoil(html, on="901/published_posts", times=99)
    sandbox.graph.throttled["17841900"] = 30
    ran = run(made, "refresh", **(own | {"GRAPH_URL": front.url}))
    assert "1 of 3 accounts read" in ran.stdout
    assert ran.returncode == 1
    young, old = MOMENT - timedelta(hours=9), MOMENT - timedelta(days=20)
    posts = [SeenPost("900", f"900_{number}", at) for number, at in enumerate((young, old))]
    ClientState(made / "var" / "state.sqlite").note_posts(posts, at=MOMENT - timedelta(hours=2))
    return made


def test_the_plan_says_on_80_columns_what_is_read_and_why(folder: Path) -> None:
    lines = run(folder, "plan").stdout.splitlines()
    assert max(map(len, lines)) <= COLUMNS
    assert lines[0].startswith(("facebook  901", "instagram 17841900"))
    rests = f"{MOMENT + timedelta(minutes=30):%Y-%m-%d %H:%M} UTC"
    assert any(line.startswith("instagram 17841900") and rests in line for line in lines)
    assert "    its quota is nearly used up: it rests, the others go on" in map(str.rstrip, lines)


def test_the_plan_says_of_each_post_why_it_is_in_it_or_not(folder: Path) -> None:
    lines = [line.rstrip() for line in run(folder, "plan", "--posts").stdout.splitlines()]
    assert max(map(len, lines)) <= COLUMNS
    posts = [json.loads(line) for line in run(folder, "plan", "--posts", "--json").stdout.splitlines()]
    assert len(lines) == 2 * len(posts) > 0
    assert [line.split()[0] for line in lines[::2]] == [one["post_id"] for one in posts]
    assert [line.strip() for line in lines[1::2]] == [one["why"] for one in posts]
    assert lines[1] == "    hourly: due, read with the listing"
    assert lines[3].startswith("    every third day: not due before 2026-11-25")


def test_a_refresh_names_the_accounts_that_rest_and_does_not_count_them_as_read(folder: Path) -> None:
    ran = run(folder, "refresh", "--account", "17841900", ACCESS_TOKENS="EAAnever", GRAPH_URL="http://127.0.0.1:9")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        "0 of 0 accounts read into var/landing",
        "Resting, until when `campaign-reach plan` says: 17841900",
    ]


def test_quota_says_by_account_how_much_is_used_and_which_one_rests_until_when(folder: Path) -> None:
    lines = run(folder, "quota").stdout.splitlines()
    assert max(map(len, lines)) <= COLUMNS
    told = {line.split()[0]: line for line in lines}
    assert f"{MOMENT + timedelta(minutes=30):%Y-%m-%d %H:%M} UTC" in told["17841900"]
    assert "100 %" in told["17841900"]
    assert " – " in told["900"]


def test_quarantine_lists_on_80_columns_and_after_a_fix_retries(folder: Path, front: FaultFront) -> None:
    ran = run(folder, "quarantine")
    lines = ran.stdout.splitlines()
    assert max(map(len, lines)) <= COLUMNS
    assert lines[0] == "answer from 901"
    assert "no strict JSON" in lines[1]
    assert run(folder, "quarantine", "--retry").stdout == "0 brought in, 1 still waiting\n"
    front.script.clear()
    later = {"NOW": (MOMENT + timedelta(hours=1)).isoformat(), "GRAPH_URL": front.url}
    own = {"ACCESS_TOKENS": front_token(folder)}
    assert run(folder, "refresh", "--account", "901", **(later | own)).returncode == 0
    assert run(folder, "quarantine", "--retry").stdout == "1 brought in, 0 still waiting\n"
    assert run(folder, "quarantine").stdout == "Nothing is in quarantine.\n"


def front_token(folder: Path) -> str:
    """The system user's token; every sandbox gives the same."""
    from ingest.sandbox.tokens import Tokens

    return Tokens.of_pages([]).system_user.value


@pytest.mark.parametrize("arguments", [["plan"], ["settings"], ["--help"]])
def test_who_reads_the_output_may_stop_to_and_the_command_ends_as_if_nobody_had(
    folder: Path, arguments: list[str]
) -> None:
    whole = run(folder, *arguments)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_REACH_")}
    own = {"CAMPAIGN_REACH_NOW": MOMENT.isoformat(), "CAMPAIGN_REACH_CAMPAIGNS_DIR": str(CAMPAIGNS)}
    reading, writing = os.pipe()
    os.close(reading)  # whoever reads is gone before the first word
    with os.fdopen(writing, "wb") as pipe:
        ran = subprocess.run(
            [str(COMMAND), *arguments],
            cwd=folder,
            env=environment | own,
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (whole.returncode, b"")


def test_an_output_whose_reader_has_left_takes_everything() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        output = LeavableOutput(pipe)
        assert output.write("x" * 100_000) == 100_000
        output.flush()
        assert not output.isatty()


@pytest.mark.parametrize(
    ("arguments", "heading", "said"),
    [
        (["plan", "--account", "1"], "Argument invalid", "No account that is read by the API has the id 1"),
        (["refresh", "--account", "1"], "Argument invalid", "No account that is read by the API has the id 1"),
        (["sandbox", "--api-date", "soon"], "Argument invalid", "--api-date soon: write it as YYYY-MM-DD"),
        (["sandbox", "--now", "soon"], "Argument invalid", "--now soon: write it as ISO 8601"),
        (["sandbox", "--faults", "none.yml"], "Argument invalid", "none.yml is no script of faults"),
        (["happen"], "Argument invalid", "No sandbox with a callback answers"),
        (["report"], "Nothing yet", "Nothing is published yet. `campaign-reach publish` does it"),
        (["publish"], "No warehouse", "Run `campaign-reach load` and `build` first"),
    ],
)
def test_a_bad_call_is_told_by_what_was_given_and_what_to_do(
    tmp_path: Path, arguments: list[str], heading: str, said: str
) -> None:
    ran = run(tmp_path, *arguments, GRAPH_URL="http://127.0.0.1:9")
    assert ran.returncode == 1
    first, message = ran.stderr.split("\n", 1)
    assert first == heading
    assert said in message
    assert "Traceback" not in ran.stderr
