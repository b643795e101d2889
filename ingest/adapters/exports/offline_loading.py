"""From landed surveys and lists to raw rows: the file beside the line is read anew, by the campaign files of today.

So a row that was refused comes in once its campaign file is mended. Where people stand in it no file has landed: what
was read when it came in stays, until the file is imported again.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.adapters.exports.archives import form_of
from ingest.adapters.exports.copies import Copy
from ingest.adapters.exports.kinds import Asked
from ingest.adapters.exports.offline import CAMPAIGN, recognise_offline
from ingest.adapters.exports.sheets import Sheet
from ingest.adapters.exports.text_tables import text_sheets
from ingest.adapters.exports.workbooks import workbook_sheets
from ingest.adapters.landing.files import attachment_key
from ingest.adapters.row_files import insert_rows
from ingest.domain.campaigns import Campaign
from ingest.domain.errors import ImportRefused

LOAD = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
LANDED = """
    select
        load_id, landing_file, line_no, request -> '$.params',
        row_number() over (partition by load_id order by line_no) as position
    from landed where edge in ('survey_results', 'activities') order by load_id, line_no
"""
CAMPAIGNS = """
    select body from raw.registry
    where registry_sha256 = (select arg_max(registry_sha256, (fetched_at, load_id)) from raw.registry)
    qualify row_number() over (partition by campaign_id order by load_id desc) = 1
"""


def load_offline(connection: duckdb.DuckDBPyConnection, local_path: Callable[[str], Path]) -> None:
    """Make raw rows of every landed survey and list in `landed`; within the caller's transaction."""
    lines = connection.execute(LANDED).fetchall()
    if not lines:
        return
    campaigns = tuple(Campaign.model_validate_json(body) for (body,) in connection.execute(CAMPAIGNS).fetchall())
    connection.execute("create or replace temp table reread (load_id bigint, line_no integer, body json)")
    reread: list[tuple[int, int, str | None]] = []
    with tempfile.TemporaryDirectory(prefix="campaign-reach-load-") as folder:
        asked = Asked(connection, Path(folder), datetime.now(UTC), (), campaigns=campaigns)
        for load_id, key, line_no, said, position in lines:
            params = json.loads(said)
            if params["kind"] != "respondents" and params.get("has_file") != "no":
                path = local_path(attachment_key(key, params["extension"]))
                copy = Copy(params["name"], path, params["sha256"], datetime.now(UTC))
                body = _read(copy, position, params, asked) if path.exists() else None
                reread.append((load_id, line_no, body))
    insert_rows(connection, "reread", reread)
    connection.execute(LOAD)


def _read(copy: Copy, position: int, params: dict[str, str], asked: Asked) -> str | None:
    """What the table says now; None when it is not recognised any more, and what it said when it came in stays."""
    told = replace(asked, says={CAMPAIGN: params.get(CAMPAIGN, "")})
    try:
        tables = [found for sheet in _sheets(copy) if (found := recognise_offline(sheet, told))]
    except ImportRefused:
        return None
    return tables[position - 1].received().body.decode() if position <= len(tables) else None


def _sheets(copy: Copy) -> Iterator[Sheet]:
    return workbook_sheets(copy) if form_of(copy) == "workbook" else text_sheets(copy)
