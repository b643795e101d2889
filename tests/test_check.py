"""Checks: one line each, with what to do; warnings before a token ends, and what a live token shows."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.adapters.graph.tokens import configured_tokens
from ingest.adapters.registry import read_registry
from ingest.adapters.state import ClientState
from ingest.check import run_checks, without_repeats
from ingest.check_meta import Check
from ingest.domain.errors import SettingsInvalid
from ingest.domain.refresh import BLOCKED
from ingest.health import read_health
from ingest.live import PROBES, run_probes
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.sandbox.tokens import SCOPES, Token
from ingest.settings import PROJECT
from ingest.steps.load import load_landed
from ingest.steps.plan import plan_refresh
from ingest.steps.refresh import refresh_account
from tests.conftest import MOMENT, settings_in
from tests.living_world import reading

PAGE = "104857600000201"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: MOMENT) as running:
        yield running


def found(checks: list[Check], name: str) -> Check:
    return next(one for one in checks if one.name == name)


def test_everything_is_right_with_a_system_user_token(tmp_path: Path, sandbox: Sandbox) -> None:
    assert [one.name for one in run_checks(reading(tmp_path, sandbox)) if not one.is_ok] == []


@pytest.mark.parametrize(("days", "is_ok"), [(13, False), (15, True)])
def test_a_token_is_told_of_fourteen_days_before_it_ends(
    tmp_path: Path, sandbox: Sandbox, days: int, is_ok: bool
) -> None:
    ending = sandbox.tokens.give(Token("USER", "EAAending", expires_at=MOMENT + timedelta(days=days)))
    check = found(run_checks(reading(tmp_path, sandbox, access_tokens=ending.value)), "token 1")
    assert check.is_ok == is_ok
    assert f"expires {MOMENT + timedelta(days=days):%Y-%m-%d}" in check.found
    assert is_ok or "renew it" in check.what_to_do


@pytest.mark.parametrize(("days", "is_ok"), [(13, False), (15, True)])
def test_the_end_of_the_access_to_data_is_told_of_fourteen_days_before_it(
    tmp_path: Path, sandbox: Sandbox, days: int, is_ok: bool
) -> None:
    until = MOMENT + timedelta(days=days)
    ending = sandbox.tokens.give(Token("USER", "EAAending", data_until=until))
    check = found(run_checks(reading(tmp_path, sandbox, access_tokens=ending.value)), "token 1")
    assert check.is_ok == is_ok
    assert f"does not expire, data access until {until:%Y-%m-%d}" in check.found


@pytest.mark.parametrize(
    ("version", "day", "is_ok", "said"),
    [
        ("v26.0", "2026-11-22", True, "Meta has named no end"),
        ("v25.0", "2028-05-29", True, "61 days more"),
        ("v25.0", "2028-05-30", False, "served until 2028-07-29, 60 days more"),
        ("v25.0", "2028-07-29", False, "over since 2028-07-29"),
        ("v19.0", "2026-11-22", False, "over since"),
        ("v30.0", "2026-11-22", True, "Meta has named no end"),
    ],
)
def test_the_end_of_a_version_of_the_graph_api_is_told_of_sixty_days_before_it(
    tmp_path: Path, version: str, day: str, is_ok: bool, said: str
) -> None:
    settings = settings_in(tmp_path, graph_version=version, now=f"{day}T12:00:00+00:00")
    check = found(run_checks(settings), "version")
    assert (check.is_ok, said in check.found) == (is_ok, True)
    (told,) = (one for one in read_health(settings, with_tokens=False) if one.name == "version")
    assert told.level == ("ok" if is_ok else "critical" if "over" in said else "warning")


def test_without_a_token_the_complaint_is_made_once(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    failed = [one for one in without_repeats(run_checks(settings) + run_probes(settings)) if not one.is_ok]
    assert [one.found for one in failed] == ["There is no access token"]
    assert failed[0].what_to_do.startswith("Set CAMPAIGN_REACH_ACCESS_TOKENS")


def test_an_account_that_meta_has_blocked_rests_for_a_day_and_is_told(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    ClientState(settings.state_path).note_block(PAGE, until=MOMENT + timedelta(days=1))
    row = next(one for one in plan_refresh(settings) if one["account_id"] == PAGE)
    assert (row["reason"], row["est_calls"]) == (BLOCKED, 0)
    assert refresh_account(settings, row) == []
    assert PAGE in found(run_checks(settings), "blocks").found
    (told,) = (one for one in read_health(settings, with_tokens=False) if one.name == "blocked")
    assert told.level == "critical"
    tomorrow = reading(tmp_path, sandbox, now=MOMENT + timedelta(days=1))
    assert next(one for one in plan_refresh(tomorrow) if one["account_id"] == PAGE)["est_calls"] > 0
    assert not [one for one in run_checks(tomorrow) if one.name == "blocks"]


def test_tokens_in_a_file_that_others_can_read_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("EAAone\n\n EAAtwo\n", encoding="utf-8")
    settings = settings_in(tmp_path, access_tokens="", access_tokens_file=file)
    file.chmod(0o640)
    with pytest.raises(SettingsInvalid, match="chmod 600"):
        configured_tokens(settings)
    file.chmod(0o600)
    assert configured_tokens(settings) == ["EAAone", "EAAtwo"]


def test_empty_insights_everywhere_are_taken_for_a_missing_permission(tmp_path: Path, sandbox: Sandbox) -> None:
    blind = tuple(scope for scope in SCOPES if scope != "read_insights")
    sandbox.tokens.given = {
        value: Token(token.kind, value, token.page_id, blind) for value, token in sandbox.tokens.given.items()
    }
    settings = reading(tmp_path, sandbox)
    refresh_account(settings, {"account_id": PAGE, "platform": "facebook"})
    load_landed(settings)
    check = found(run_checks(settings), "insights")
    assert not check.is_ok
    assert PAGE in check.found
    assert "read_insights" in check.what_to_do


def test_every_probe_finds_in_the_sandbox_what_the_checklist_expects(tmp_path: Path, sandbox: Sandbox) -> None:
    checks = run_probes(reading(tmp_path, sandbox))
    assert [one.name for one in checks] == [f"live: {name}" for name in PROBES]
    assert [one.found for one in checks if not one.is_ok] == []


def test_a_probe_that_finds_something_else_says_so(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.graph.refuses_expansion = True
    (failed,) = (one for one in run_probes(reading(tmp_path, sandbox)) if not one.is_ok)
    assert failed.name == "live: expansion on Instagram"


def test_tokens_may_come_from_an_airflow_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_CONN_META", '{"conn_type": "generic", "password": "EAAone, EAAtwo"}')
    settings = settings_in(tmp_path, access_tokens="", access_connection="meta")
    assert configured_tokens(settings) == ["EAAone", "EAAtwo"]
    with pytest.raises(SettingsInvalid, match="airflow connections add nothing"):
        configured_tokens(settings_in(tmp_path, access_tokens="", access_connection="nothing"))


def test_accounts_that_come_by_file_are_named_and_no_token_is_asked_for_them(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    checks = run_checks(settings)
    assert found(checks, "accounts").is_ok
    by_file = found(checks, "exports").found
    assert by_file.startswith("4 accounts come by file: ")
    assert "104857600000202" in by_file
    assert not {row["account_id"] for row in plan_refresh(settings)} & {"104857600000202", "@iom.mongolia"}
