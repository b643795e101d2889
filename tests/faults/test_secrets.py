"""A canary token and app secret are found nowhere: no log, file, exception or landed line, in no encoding."""

import base64
import json
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog

from ingest.adapters.graph.access import app_token
from ingest.adapters.graph.tokens import configured_tokens
from ingest.check import run_checks
from ingest.domain.errors import CampaignReachError, SettingsInvalid
from ingest.live import run_probes
from ingest.logs import configure_logs
from ingest.sandbox.fault_front import Fault
from ingest.sandbox.faults import FAULTS
from ingest.settings import Settings
from ingest.steps.load import load_landed
from ingest.steps.refresh import refresh_account
from tests.conftest import settings_in
from tests.faults.canary import STRANGE, content, files_below, found_in, secrets_of, strange_secrets
from tests.faults.reading import ALWAYS, BATCH, LISTING, ROW, World, quick, reading, titled, world

__all__ = ["quick", "world"]  # fixtures


@pytest.fixture(autouse=True)
def strange(world: World, quick: None) -> Iterator[None]:
    with strange_secrets(world.sandbox.tokens):
        yield


def done(settings: Settings) -> str:
    """Read, load, check and probe; what was raised, as a traceback with all its causes."""
    told = ""
    for work in (
        lambda: refresh_account(settings, ROW),
        lambda: load_landed(settings),
        lambda: run_checks(settings),
        lambda: run_probes(settings),
    ):
        try:
            told += repr(work())
        except CampaignReachError:
            told += traceback.format_exc()
    return told


FEW = {fault.number: fault for fault in reversed(FAULTS) if fault.number not in ("F23", "F24")}
SPOILED = [None, *list(FEW.values())[::3], *(one for one in FAULTS if "said back" in one.what)]


@pytest.mark.parametrize("spoiled", SPOILED, ids=lambda fault: titled(fault) if fault else "none")
def test_no_secret_is_in_any_file_log_or_traceback(
    world: World,
    tmp_path: Path,
    spoiled: Fault | None,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = reading(tmp_path, world.sandbox, world.front, app_id=world.sandbox.tokens.app_id)
    configure_logs(tmp_path / "logs")
    world.front.script = [(place, spoiled, ALWAYS) for place in (LISTING, BATCH) if spoiled]
    try:
        told = done(settings)
    finally:
        structlog.get_config()["logger_factory"]._file.close()
        structlog.reset_defaults()
    output = capsys.readouterr()
    said = {"raised": told, "output": output.out, "errors": output.err, "log": caplog.text, "settings": repr(settings)}
    texts = [*((name, text.encode()) for name, text in said.items()), *files_below(tmp_path)]
    assert "appsecret_proof=REDACTED" in caplog.text  # the HTTP library did speak of addresses
    assert found_in(texts, secrets_of(world.sandbox.tokens)) == []


def test_the_secrets_did_travel(world: World, tmp_path: Path) -> None:
    settings = reading(tmp_path, world.sandbox, world.front, app_id=world.sandbox.tokens.app_id)
    assert app_token(settings) in world.sandbox.tokens.given
    refresh_account(settings, ROW)
    lines = [content(path) for path in tmp_path.rglob("*.zst")]
    assert any(b"access_token=REDACTED" in one for one in lines)  # Meta says the token back in `next`


HIDDEN = {
    "plain": STRANGE.encode(),
    "url-encoded": f"https://x.example/?access_token={quote(STRANGE, safe='')}&limit=1".encode(),
    "json": json.dumps({"token": STRANGE}).encode(),
    "json of Meta": json.dumps({"token": STRANGE}).replace("/", "\\/").encode(),
    "repr": repr({"token": STRANGE}).encode(),
    **{f"base64 at {shift}": base64.b64encode(b"a" * shift + f"{STRANGE}:more".encode()) for shift in range(3)},
    "base64 of addresses": base64.urlsafe_b64encode(f"{STRANGE}:more".encode()),
}


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_the_search_finds_a_secret_that_is_there(tmp_path: Path, hidden: bytes) -> None:
    (tmp_path / "leak.log").write_bytes(b"before " + hidden + b" after")
    assert found_in(files_below(tmp_path), [STRANGE])


def test_a_token_that_no_header_can_carry_is_refused_without_being_shown(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, access_tokens="EAAgood,EAAбэлэг")
    with pytest.raises(SettingsInvalid, match="Token number 2") as refused:
        configured_tokens(settings)
    assert "бэлэг" not in "".join(traceback.format_exception(refused.value))
