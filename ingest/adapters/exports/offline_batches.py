"""Landing of surveys and activity lists: one batch per campaign; of people who answered, only what was counted."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from ingest.adapters.exports.activities import read_activities
from ingest.adapters.exports.offline_columns import Columns, Kind
from ingest.adapters.exports.offline_rows import Knows, Lines, OfflineRows
from ingest.adapters.exports.respondents import count_respondents
from ingest.adapters.exports.surveys import read_results
from ingest.adapters.landing.envelope import Attachment, Batch, Received, Request

PLATFORMS: dict[Kind, str] = {
    "survey": "survey", "survey_wide": "survey", "respondents": "survey", "activities": "offline",
}  # fmt: skip
"""Under which platform's name each kind lands."""
NOBODY = "none"
"""The account of rows that name no campaign that there is: they land to be seen in quarantine."""


@dataclass(frozen=True, slots=True)
class OfflineFile:
    """A file that was recognised: what it is, its bytes by their SHA-256, and who brought it."""

    kind: Kind
    name: str
    attachment: Attachment
    params: dict[str, str]
    """What else is told of the import: who brought it, when."""


def read_offline(columns: Columns, lines: Lines, knows: Knows, *, smallest_group: int) -> OfflineRows:
    """The rows of a table of any of these kinds, and those that cannot be used."""
    if columns.kind == "respondents":
        return count_respondents(columns, lines, knows, smallest_group=smallest_group)
    if columns.kind == "activities":
        return read_activities(columns, lines, knows)
    return read_results(columns, lines, knows)


def batches_of(file: OfflineFile, found: OfflineRows, *, at: datetime) -> Iterator[Batch]:
    """What lands: the rows by campaign with the file beside them; of respondents the file's SHA-256 only.

    Rows that were refused land with the first campaign, so that they can be seen where the file is.
    """
    rejected = [asdict(one) for one in found.rejected]
    for campaign_id in sorted(found.rows) or [NOBODY]:
        body = {"data": found.rows.get(campaign_id, []), "rejected": rejected}
        rejected = []
        told = {"file_name": file.name, "file_sha256": file.attachment.sha256, "kind": file.kind, **file.params}
        if found.suppressed_groups:
            told["suppressed_groups"] = str(found.suppressed_groups)
        request = Request(found.edge, campaign_id, params=told)
        answer = Received(request, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
        beside = None if file.kind == "respondents" else file.attachment
        yield Batch("export", PLATFORMS[file.kind], campaign_id, at, (answer,), beside)
