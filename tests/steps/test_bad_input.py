"""Bad input: one clear message with what to do, and nothing half-written."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import zstandard

from ingest.adapters.registry import read_registry
from ingest.domain.errors import (
    GraphUnavailable,
    LandingDamaged,
    PortTaken,
    RegistryInvalid,
    TokenRefused,
    WarehouseBroken,
    WarehouseBusy,
)
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.settings import PROJECT, Settings
from ingest.steps.build import build_marts
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from ingest.steps.plan import plan_refresh
from ingest.steps.refresh import refresh_account
from tests.conftest import MOMENT
from tests.living_world import reading

ROW = {"account_id": "104857600000301", "platform": "facebook"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: MOMENT) as running:
        yield running


def nothing_landed(settings: Settings) -> bool:
    return not list(Path(settings.landing_uri).rglob("*"))


def test_no_token(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox, access_tokens="")
    with pytest.raises(TokenRefused, match="Set CAMPAIGN_REACH_ACCESS_TOKENS"):
        refresh_account(settings, ROW)
    assert nothing_landed(settings)


def test_a_wrong_token(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox, access_tokens="EAAwrongwrongwrong", app_secrets="")
    with pytest.raises(TokenRefused, match=r"code 190.*campaign-reach check") as caught:
        refresh_account(settings, ROW)
    assert "EAAwrong" not in str(caught.value)
    assert nothing_landed(settings)


def test_a_token_that_cannot_read_the_account(tmp_path: Path, sandbox: Sandbox) -> None:
    with pytest.raises(TokenRefused, match="No token can read account 1234"):
        refresh_account(reading(tmp_path, sandbox), {"account_id": "1234", "platform": "facebook"})


def test_an_api_that_cannot_be_reached(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox, graph_url="http://127.0.0.1:9")
    with pytest.raises(GraphUnavailable, match=r"127.0.0.1:9 gave no answer"):
        refresh_account(settings, ROW)
    assert nothing_landed(settings)


def test_an_invalid_campaign_file_stops_before_anything_is_read(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "broken.yml").write_text("campaign_id: broken\nphases: maybe\n", encoding="utf-8")
    settings = reading(tmp_path, sandbox, campaigns_dir=tmp_path / "campaigns")
    for step in (plan_refresh, land_registry):
        with pytest.raises(RegistryInvalid, match=r"broken\.yml:1: accounts: is missing"):
            step(settings)
    assert nothing_landed(settings)


def test_a_damaged_landing_file_is_named_and_nothing_is_loaded(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    land_registry(settings)
    (key,) = refresh_account(settings, ROW)
    path = Path(settings.landing_uri) / key
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(LandingDamaged, match=key):
        load_landed(settings)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        assert connection.execute("select count(*) from raw.load_log").fetchall() == [(0,)]
        assert connection.execute("select count(*) from raw.registry").fetchall() == [(0,)]


def test_a_landing_file_that_is_no_json_is_named(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    (key,) = land_registry(settings)
    (Path(settings.landing_uri) / key).write_bytes(zstandard.compress(b'{"line_no": 1, oops\n'))
    with pytest.raises(LandingDamaged, match=key):
        load_landed(settings)


def test_a_broken_warehouse_says_that_it_can_be_made_anew(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    settings.warehouse_path.write_bytes(b"this is no DuckDB file" * 1000)
    with pytest.raises(WarehouseBroken, match="landing has it all"):
        load_landed(settings)


def test_a_warehouse_that_another_process_holds_is_busy(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    opening = f"c = duckdb.connect({str(settings.warehouse_path)!r})"
    program = f"import duckdb, time; {opening}; print('open', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(WarehouseBusy, match="Another process"):
            load_landed(settings)
    finally:
        holder.kill()
        holder.communicate()


def test_building_before_loading_says_what_to_do(tmp_path: Path, sandbox: Sandbox) -> None:
    with pytest.raises(WarehouseBroken, match="campaign-reach load"):
        build_marts(reading(tmp_path, sandbox))


def test_the_warehouse_is_free_after_a_build(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    land_registry(settings)
    load_landed(settings)
    build_marts(settings)
    program = f"import duckdb; duckdb.connect({str(settings.warehouse_path)!r}).execute('select 1')"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_a_taken_port(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with (
        pytest.raises(PortTaken, match="Choose another one"),
        running_sandbox(read_registry(PROJECT / "campaigns"), port=port),
    ):
        pass


def test_loading_twice_loads_nothing_twice(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    land_registry(settings)
    assert land_registry(settings) == []
    refresh_account(settings, ROW)
    assert ROW["account_id"] not in {row["account_id"] for row in plan_refresh(settings)}
    assert load_landed(settings).files == 2
    assert load_landed(settings).files == 0


def test_a_post_that_fits_two_phases_is_a_row_in_the_report_and_in_no_phase(tmp_path: Path) -> None:
    campaigns = tmp_path / "campaigns"
    campaigns.mkdir()
    text = (PROJECT / "campaigns" / "dream_umbrella.yml").read_text(encoding="utf-8")
    page, post = "104857600000301", "104857600000301_777"
    rules = "".join(f'    - {{phase_id: {phase}, post_id: "{post}"}}\n' for phase in ("month_1", "month_2"))
    named = (
        f'    - {{phase_id: month_1, account_id: "{page}", content_type: video, media_format: video,\n'
        f'       post_id: "{post}", published_at: 2021-09-10T04:00:00Z, text: "twice"}}\n'
    )
    text = with_rules(text, rules).replace("sandbox:\n  posts:\n", f"sandbox:\n  posts:\n{named}")
    (campaigns / "dream_umbrella.yml").write_text(text, encoding="utf-8")
    with running_sandbox(read_registry(campaigns), clock=lambda: MOMENT) as sandbox:
        settings = reading(tmp_path, sandbox, campaigns_dir=campaigns)
        land_registry(settings)
        refresh_account(settings, ROW)
        load_landed(settings)
        build_marts(settings)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        conflicts = connection.execute("select post_id, phase_ids from marts.rpt_attribution_conflicts").fetchall()
        counted = connection.execute(
            "select count(*) from marts.fct_campaign_posts where post_id = ?", [post]
        ).fetchall()
    assert conflicts == [(post, "month_1, month_2")]
    assert counted == [(0,)]


def with_rules(text: str, rules: str) -> str:
    if "attribution:\n  posts:\n" in text:
        return text.replace("attribution:\n  posts:\n", f"attribution:\n  posts:\n{rules}")
    if "attribution:\n" in text:
        return text.replace("attribution:\n", f"attribution:\n  posts:\n{rules}")
    return text.replace("content_types:\n", f"attribution:\n  posts:\n{rules}content_types:\n")
