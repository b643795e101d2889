"""A canary token and app secret are found nowhere: no log, file, exception or landed line, in no encoding."""

import base64
import json
import traceback
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog
import zstandard

from ingest.domain.errors import CampaignReachError
from ingest.logs import configure_logs
from ingest.sandbox.faults import FAULTS
from ingest.steps.load import load_landed
from ingest.steps.refresh import refresh_account
from tests.faults.test_faults import LISTING, ROW, World, quick, reading, world

__all__ = ["quick", "world"]  # fixtures


def spellings(secret: str) -> set[bytes]:
    """A secret plain, url-encoded, JSON-escaped, and in the three ways in which base64 may hold it."""
    inner = [base64.b64encode(b"x" * shift + secret.encode())[4:-4] for shift in range(3)]
    return {secret.encode(), quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode(), *inner}


def content(path: Path) -> bytes:
    data = path.read_bytes()
    return zstandard.ZstdDecompressor().decompress(data) if path.suffix == ".zst" else data


@pytest.mark.parametrize("spoiled", [None, *FAULTS[::6]], ids=lambda fault: f"{fault.number}" if fault else "none")
def test_no_secret_is_in_any_file_log_or_traceback(
    world: World, tmp_path: Path, spoiled: object, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(tmp_path / "logs")
    if spoiled:
        world.front.script = [(LISTING, spoiled, 9)]  # type: ignore[list-item]
    told = ""
    settings = reading(tmp_path, world.sandbox, world.front)
    try:
        refresh_account(settings, ROW)
        load_landed(settings)
    except CampaignReachError:
        told = traceback.format_exc()
    finally:
        structlog.get_config()["logger_factory"]._file.close()
        structlog.reset_defaults()
    output = capsys.readouterr()
    texts = [told.encode(), output.out.encode(), output.err.encode(), repr(settings).encode(), repr(ROW).encode()]
    texts += [content(path) for path in tmp_path.rglob("*") if path.is_file()]
    secrets = [world.sandbox.tokens.app_secret, *world.sandbox.tokens.given]
    found = [spelling for one in secrets for spelling in spellings(one) for text in texts if spelling in text]
    assert found == []


def test_the_search_finds_a_secret_that_is_there() -> None:
    hidden = base64.b64encode(b"ab:EAACanary0123456789:more")
    assert any(spelling in hidden for spelling in spellings("EAACanary0123456789"))
