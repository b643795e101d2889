"""A canary token and app secret are found nowhere: no log, file, exception or landed line, in no encoding."""

import base64
import json
import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
import structlog
import zstandard

from ingest.adapters.graph.access import app_token
from ingest.check import run_checks
from ingest.domain.errors import CampaignReachError
from ingest.live import run_probes
from ingest.logs import configure_logs
from ingest.sandbox.fault_front import Fault
from ingest.sandbox.faults import FAULTS
from ingest.settings import Settings
from ingest.steps.load import load_landed
from ingest.steps.refresh import refresh_account
from tests.faults.reading import ALWAYS, BATCH, LISTING, ROW, World, quick, reading, titled, world

__all__ = ["quick", "world"]  # fixtures
STRANGE = 'EAA/Can+ary=0123"x%4'
"""Letters that each encoding writes in its own way."""


@pytest.fixture(autouse=True)
def strange_secrets(world: World, quick: None) -> Iterator[None]:
    """Every token and the app's secret hold letters that are written differently in addresses, JSON and base64."""
    tokens = world.sandbox.tokens
    plain, secret = dict(tokens.given), tokens.app_secret
    tokens.app_secret = f"{STRANGE}secret"
    tokens.given = {}
    for number, token in enumerate(plain.values()):
        value = f"{tokens.app_id}|{tokens.app_secret}" if token.kind == "APP" else f"{STRANGE}{number:03}"
        tokens.give(replace(token, value=value))
    yield
    tokens.given, tokens.app_secret = plain, secret


def spellings(secret: str) -> set[bytes]:
    """A secret plain, url-encoded, JSON-escaped (as Meta does, too), and in the three ways in which base64 holds it."""
    inner = [base64.b64encode(b"x" * shift + secret.encode())[4:-4] for shift in range(3)]
    escaped = json.dumps(secret)[1:-1]
    meta = escaped.replace("/", "\\/")
    encoded = {quote(secret, safe=""), quote(secret), quote_plus(secret), quote(secret, safe="").lower()}
    return {one.encode() for one in (secret, escaped, meta, *encoded)} | set(inner)


def content(path: Path) -> bytes:
    data = path.read_bytes()
    return zstandard.ZstdDecompressor().decompress(data) if path.suffix == ".zst" else data


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
    texts = [told.encode(), output.out.encode(), output.err.encode(), caplog.text.encode(), repr(settings).encode()]
    texts += [content(path) for path in tmp_path.rglob("*") if path.is_file()]
    assert "appsecret_proof=REDACTED" in caplog.text  # the HTTP library did speak of addresses
    secrets = [world.sandbox.tokens.app_secret, *world.sandbox.tokens.given]
    wanted = {spelling for one in secrets for spelling in spellings(one)}
    assert [(spelling, text[:80]) for spelling in wanted for text in texts if spelling in text] == []


def test_the_secrets_did_travel(world: World, tmp_path: Path) -> None:
    settings = reading(tmp_path, world.sandbox, world.front, app_id=world.sandbox.tokens.app_id)
    assert app_token(settings) in world.sandbox.tokens.given
    refresh_account(settings, ROW)
    lines = [content(path) for path in tmp_path.rglob("*.zst")]
    assert any(b"access_token=REDACTED" in one for one in lines)  # Meta says the token back in `next`


@pytest.mark.parametrize("shift", range(3))
def test_the_search_finds_a_secret_that_is_there(shift: int) -> None:
    hidden = base64.b64encode(b"a" * shift + b"EAACanary0123456789:more")
    assert any(spelling in hidden for spelling in spellings("EAACanary0123456789"))
