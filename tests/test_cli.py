"""The command line: help that teaches, one clear message, and a status that scripts can use."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.adapters.registry import read_registry
from ingest.domain.errors import GateStopped
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.settings import PROJECT
from ingest.steps.publish import publish_marts
from tests.conftest import MOMENT, settings_in
from tests.two_campaigns import change, make_warehouse

COMMAND = Path(sys.executable).with_name("campaign-reach")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: MOMENT) as running:
        yield running


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_REACH_")}
    own = {"COLUMNS": "200", "CAMPAIGN_REACH_NOW": MOMENT.isoformat(), **settings}
    return subprocess.run(
        [str(COMMAND), *arguments], cwd=folder, env=plain | own, capture_output=True, text=True, check=False
    )


def test_help_names_the_verbs_in_the_order_of_the_pipeline(tmp_path: Path) -> None:
    text = run(tmp_path, "--help").stdout
    places = [text.index(f" {verb} ") for verb in ("plan", "refresh", "load", "build", "publish")]
    assert places == sorted(places)


def test_the_steps_by_hand_end_in_a_served_version(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = sandbox.environment()
    for verb in ("init", "check", "refresh", "load", "build", "publish", "status"):
        ran = run(tmp_path, verb, **settings)
        assert (ran.returncode, ran.stderr) == (0, ""), verb
    assert "candidate_publication passed" in ran.stdout
    assert run(tmp_path, "publish", **settings).stdout.count("was served already") == 1


def test_a_token_is_in_no_file_that_the_steps_leave(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = sandbox.environment()
    run(tmp_path, "refresh", **settings)
    secrets = [token.encode() for token in (*sandbox.tokens.given, sandbox.tokens.app_secret)]
    found = [path for path in tmp_path.rglob("*") if path.is_file() for one in secrets if one in content(path)]
    assert found == []


def content(path: Path) -> bytes:
    import zstandard

    data = path.read_bytes()
    return zstandard.ZstdDecompressor().decompress(data) if path.suffix == ".zst" else data


def test_every_account_that_failed_is_named_with_its_reason_and_the_status_is_1(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    ran = run(tmp_path, "refresh", **(sandbox.environment() | {"CAMPAIGN_REACH_ACCESS_TOKENS": "EAAwrong"}))
    assert ran.returncode == 1
    assert "0 of 10 accounts read" in ran.stdout
    assert "104857600000201" in ran.stderr
    assert "code 190" in ran.stderr


def test_check_names_a_missing_permission(tmp_path: Path, sandbox: Sandbox) -> None:
    from ingest.sandbox.tokens import Token

    poor = sandbox.tokens.give(Token("USER", "EAApoor", scopes=("pages_show_list", "pages_read_engagement")))
    ran = run(tmp_path, "check", **(sandbox.environment() | {"CAMPAIGN_REACH_ACCESS_TOKENS": poor.value}))
    assert ran.returncode == 1
    assert "without read_insights" in ran.stdout


def test_a_setting_that_cannot_be_used_is_one_message(tmp_path: Path) -> None:
    ran = run(tmp_path, "plan", CAMPAIGN_REACH_GRAPH_VERSION="new")
    assert ran.returncode == 1
    assert "CAMPAIGN_REACH_GRAPH_VERSION" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_sandbox_says_that_its_port_is_taken(tmp_path: Path, sandbox: Sandbox) -> None:
    ran = run(tmp_path, "sandbox", "--port", sandbox.url.rpartition(":")[2])
    assert ran.returncode == 1
    assert "Choose another one with --port" in ran.stderr


def test_a_script_of_faults_that_is_none_says_what_it_must_hold(tmp_path: Path) -> None:
    (tmp_path / "faults.yml").write_text("- {where: published_posts, fault: F99}\n", encoding="utf-8")
    ran = run(tmp_path, "sandbox", "--faults", "faults.yml", "--port", "0")
    assert ran.returncode == 1
    assert "there is no fault F99; there are F01" in ran.stderr


def test_publish_shows_what_was_stopped_and_holds_readers_with_one_line_each(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "var")
    make_warehouse(settings.warehouse_path)
    first = publish_marts(settings)
    change(settings.warehouse_path, "update marts.dim_accounts set account_name = 'Other' where account_id = '101'")
    publish_marts(settings_in(tmp_path / "var", now=MOMENT + timedelta(minutes=10)))
    change(settings.warehouse_path, "update marts.fct_post_performance set views = -5 where post_id = '101_9'")
    with pytest.raises(GateStopped):
        publish_marts(settings_in(tmp_path / "var", now=MOMENT + timedelta(minutes=20)))

    shown = run(tmp_path, "publish", "--show-rejected").stdout
    assert "✗ measures_are_not_negative: mart=fct_post_performance" in shown
    assert 'campaign_reach.duckdb "from marts.rpt_gate_results where not is_passed"' in shown
    assert f"version {first.version} is served and held" in run(tmp_path, "publish", "--rollback").stdout
    assert "is held since 2026-11-22T06:00:00Z: nothing was published" in run(tmp_path, "publish").stdout
    assert "There is no version 2020 to roll back to" in run(tmp_path, "publish", "--rollback", "--to", "2020").stderr
