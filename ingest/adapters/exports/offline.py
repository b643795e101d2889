"""Surveys and activity lists among the kinds of tables: recognised by their columns, read, and landed as one line.

Of people who answered only what was counted lands, with the SHA-256 of their file; of all others the file itself too.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from ingest.adapters.exports.activities import read_activities
from ingest.adapters.exports.kinds import Asked, Found
from ingest.adapters.exports.offline_columns import TABLES, Columns, recognised
from ingest.adapters.exports.offline_rows import Knows, Lines, OfflineRows
from ingest.adapters.exports.respondents import count_respondents
from ingest.adapters.exports.sheets import Sheet
from ingest.adapters.exports.surveys import read_results
from ingest.adapters.landing.envelope import Received, Request
from ingest.domain.errors import ImportRefused

PLATFORMS = {"survey": "survey", "survey_wide": "survey", "respondents": "survey", "activities": "offline"}
"""Under which platform's name each kind lands."""
CAMPAIGN = "campaign"
SHOWN_LINES = 3
SHOWN_RESULTS = 8


@dataclass(frozen=True, slots=True)
class OfflineFound:
    """A recognised survey or list: its columns, and what its rows say."""

    columns: Columns
    found: OfflineRows
    sheet: Sheet
    who: str
    at: datetime
    smallest_group: int
    campaign_id: str = ""
    """The campaign that the person named."""

    @property
    def kind(self) -> str:
        """survey, survey_wide, respondents or activities."""
        return self.columns.kind

    @property
    def platform(self) -> str:
        """Survey or offline."""
        return PLATFORMS[self.kind]

    @property
    def account_id(self) -> str:
        """The campaign of all rows; `several`, or `none` when no row can be used."""
        campaigns = sorted(self.found.rows)
        return campaigns[0] if len(campaigns) == 1 else "several" if campaigns else "none"

    @property
    def rows(self) -> int:
        """How many rows say anything."""
        return self.found.read

    @property
    def lands_file(self) -> bool:
        """Not when it holds people."""
        return self.kind != "respondents"

    @property
    def is_of_people(self) -> bool:
        """Who fills in a survey or a list of activities keeps the people who were asked, or came, not far from it."""
        return True

    def facts(self) -> list[tuple[str, str]]:
        """What a dry run says."""
        found = self.found
        refused = len({one.line for one in found.rejected})
        facts = [
            ("product", TABLES[self.kind]["title"]),
            ("campaign", ", ".join(sorted(found.rows)) or "none"),
            ("columns", ", ".join((*self.columns.named, *self.columns.indicators, *self._waves()))),
            ("unknown columns", self._unknown()),
            ("rows", f"{self.rows:,}: {self.rows - refused:,} to bring in"),
            ("rejected", "; ".join(self._rejected()) or "none"),
        ]
        if self.kind == "respondents":
            left_out = f"{found.suppressed_groups} groups of fewer than {self.smallest_group} people"
            facts.append(("left out", left_out if found.suppressed_groups else "no group"))
        return [*facts, *(("will say", line) for line in self._results())]

    def received(self) -> Received:
        """The line that lands: where the file came from, what its rows say, and which were refused."""
        copy = self.sheet.copy
        params = {
            "name": copy.name,
            "sha256": copy.sha256,
            "extension": copy.path.suffix.lstrip(".") or "bin",
            "who": self.who,
            "exported_at": f"{min(copy.modified_at, self.at).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "kind": self.kind,
            "product": TABLES[self.kind]["title"],
            **({CAMPAIGN: self.campaign_id} if self.campaign_id else {}),
        }
        data = [{"campaign_id": name} | row for name, rows in sorted(self.found.rows.items()) for row in rows]
        body = {
            "rows": self.rows,
            "data": data,
            "rejected": [asdict(one) for one in self.found.rejected],
            "suppressed_groups": self.found.suppressed_groups,
        }
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return Received(Request(self.found.edge, self.account_id, params=params), content)

    def _waves(self) -> list[str]:
        return [f"{wave}: {what}" for wave, what in self.columns.waves]

    def _unknown(self) -> str:
        if not self.columns.unknown:
            return "none"
        names = ", ".join(repr(name) for name in self.columns.unknown)
        kept = "kept in the landed file" if self.lands_file else "nothing of them is read or kept"
        return f"{names}: {kept}"

    def _rejected(self) -> list[str]:
        """Each reason once, with the first lines that it is the reason of."""
        reasons = Counter(one.reason for one in self.found.rejected)
        told = []
        for reason, count in reasons.most_common():
            lines = [str(one.line) for one in self.found.rejected if one.reason == reason][:SHOWN_LINES]
            told.append(f"{count:,} × {reason} (line {', '.join(lines)}{' …' if count > SHOWN_LINES else ''})")
        return told

    def _results(self) -> list[str]:
        """The first results, as the marts will say them."""
        told = [
            f"{row['indicator']}, {row['wave']}, {row['respondents']}: {row['share_pct']:g} %"
            + (f" of {row['n']:,}" if row["n"] else "")
            if self.found.edge == "survey_results"
            else f"{row['activity_name']}: {sum(one['people'] for one in row['people']):,} people"
            for rows in self.found.rows.values()
            for row in rows
        ]
        return told[:SHOWN_RESULTS] + ([f"and {len(told) - SHOWN_RESULTS} more"] if len(told) > SHOWN_RESULTS else [])


def recognise_offline(sheet: Sheet, asked: Asked) -> Found | None:
    """The survey or list; None when no row of its head is the header of one.

    Raises: ImportRefused when it is one, and nothing stands below its header.
    """
    knows = Knows({one.campaign_id: one for one in asked.campaigns}, asked.says.get(CAMPAIGN) or None)
    for line, cells in sheet.head:
        columns = recognised(cells, knows.indicators())
        if columns is not None:
            rows = ((number, row) for number, row in sheet.rows() if number > line)
            smallest_group = int(asked.says.get("smallest_group", "5"))
            found = read_offline(columns, rows, knows, smallest_group=smallest_group)
            if not found.read:
                raise ImportRefused(f"{sheet.shown} is {TABLES[columns.kind]['title']}, and is not filled in yet.")
            return OfflineFound(columns, found, sheet, asked.who, asked.at, smallest_group, knows.campaign_id or "")
    return None


def read_offline(columns: Columns, lines: Lines, knows: Knows, *, smallest_group: int) -> OfflineRows:
    """The rows of a table of any of these kinds, and those that cannot be used."""
    if columns.kind == "respondents":
        return count_respondents(columns, lines, knows, smallest_group=smallest_group)
    if columns.kind == "activities":
        return read_activities(columns, lines, knows)
    return read_results(columns, lines, knows)
