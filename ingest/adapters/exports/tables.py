"""Tables of posts, of days of accounts and of ads: recognised by header, then by what stands in the rows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import duckdb

from ingest.adapters.exports import judging
from ingest.adapters.exports.counting import Counts, counts_by_file
from ingest.adapters.exports.deciding import believed, date_order, grained
from ingest.adapters.exports.headers import Headed, headed
from ingest.adapters.exports.kinds import Asked, Found
from ingest.adapters.exports.mappings import recognised_by, with_accounts
from ingest.adapters.exports.recognition import Column, Recognition
from ingest.adapters.exports.records import explained, filled_rows, lay_records
from ingest.adapters.exports.remarks import remarks
from ingest.adapters.exports.sheets import Sheet
from ingest.adapters.landing.envelope import Received, Request
from ingest.domain.errors import ImportRefused

EDGE = "export"
UNSEEN = "headers in {} are known from the product's interface, not from files yet: compare the columns with the file"
HALF = "a letter is damaged in {:,} rows, and stands as \ufffd: was the file cut or copied badly?"
BULK = 4 * 1024 * 1024
"""A larger file is read by DuckDB as it is, if it is written plainly."""
SMALL = 256 * 1024
"""To plan the best way through a file that is smaller takes DuckDB longer than any way."""


@dataclass(frozen=True, slots=True)
class TableFound:
    """A recognised table of posts, days or ads."""

    recognition: Recognition
    sheet: Sheet
    accounts: tuple[str, ...]
    who: str
    exported_at: datetime

    @property
    def kind(self) -> str:
        """Posts, account_days or ads."""
        return self.recognition.kind

    @property
    def platform(self) -> str:
        """The platform of the product."""
        return self.recognition.platform

    @property
    def account_id(self) -> str:
        """The account of all rows, or `several`."""
        return self.accounts[0] if len(self.accounts) == 1 else self.recognition.account_id or "several"

    @property
    def rows(self) -> int:
        """How many records stand below the header."""
        return self.recognition.rows

    @property
    def lands_file(self) -> bool:
        """The bytes land."""
        return True

    @property
    def is_of_people(self) -> bool:
        """Posts and ads are of accounts."""
        return False

    def facts(self) -> list[tuple[str, str]]:
        """What a dry run says."""
        return self.recognition.facts()

    def received(self) -> Received:
        """The line that lands: where the file came from, and how it is read."""
        copy = self.sheet.copy
        params = {
            "name": copy.name,
            "sha256": copy.sha256,
            "extension": copy.path.suffix.lstrip(".") or "bin",
            "who": self.who,
            "exported_at": f"{self.exported_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "modified_at": f"{copy.modified_at:%Y-%m-%dT%H:%M:%SZ}",
            **({"archive": copy.archive} if copy.archive else {}),
        }
        request = Request(EDGE, self.account_id, metrics=_names(self.recognition.metrics), params=params)
        return Received(request, self.recognition.as_json().encode())


def recognise_table(sheet: Sheet, asked: Asked) -> Found | None:
    """The table; None when no product has such a header.

    Raises: ImportRefused when it is one, and cannot be brought in.
    """
    if asked.mapping:
        mapped = with_accounts(recognised_by(asked.mapping, sheet), asked.accounts, sheet.shown)
        return settle(sheet, mapped, asked)
    header = headed(sheet)
    if header is None:
        return None
    return settle(sheet, _by_header(sheet, header, asked), asked)


def settle(sheet: Sheet, found: Recognition, asked: Asked) -> TableFound:
    """The table with everything decided that only its rows can tell.

    Raises: ImportRefused.
    """
    connection = asked.connection
    is_small = sheet.copy.path.stat().st_size < SMALL
    connection.execute(f"pragma {'disable' if is_small else 'enable'}_optimizer")
    try:
        found = _laid(connection, sheet, found, asked)
        found = believed(connection, found)
        found = replace(found, date_order=date_order(connection, sheet, found, asked))
        found = grained(connection, found)
        judging.judge(connection, found, accounts=asked.accounts)
        counts = counts_by_file(connection).get(0, Counts())
        found = replace(found, **asdict(counts))
        _require_some(connection, sheet, found)
        found = replace(found, notes=(*found.notes, *remarks(connection, found)))
        accounts = _accounts(connection) if found.kind == "posts" else (found.account_id or "several",)
    except duckdb.Error as error:
        raise explained(sheet.copy, error) from None
    exported_at = asked.exported_at or min(sheet.copy.modified_at, asked.at)
    return TableFound(found, sheet, accounts, asked.who, exported_at)


def _by_header(sheet: Sheet, header: Headed, asked: Asked) -> Recognition:
    dialect = header.dialect
    platform = "instagram" if any(one.name.startswith("Instagram ") for one in header.columns) else dialect.platform
    stated = {
        name: dialect.facts[name]
        for name in ("account_in_permalink", "id_in_permalink", "media_format", "has_description_row")
        if dialect.facts.get(name)
    }
    if dialect.text("published_at_time"):
        stated["hour"] = int(dialect.text("published_at_time")[:2])
    if header.currency:
        stated["currency"] = header.currency
    return Recognition(
        kind=dialect.kind,
        product=dialect.product,
        title=dialect.title,
        platform=platform,
        columns=header.columns,
        account_id=_account(sheet, header, platform, asked),
        language=header.language,
        form=sheet.form,
        encoding=sheet.encoding,
        delimiter=sheet.delimiter,
        is_quoted_twice=sheet.is_quoted_twice,
        sheet=sheet.place,
        header_line=header.line,
        first_line=header.line + 1,
        last_line=sheet.last_line,
        width=len(dict(sheet.head)[header.line]),
        time_zone=dialect.time_zone,
        decimal="." if header.language in ("en", "") else ",",
        totals=tuple(sorted(dialect.totals)) if dialect.has("has_total_row") else (),
        lifetime=tuple(sorted(dialect.lifetime)),
        post_types=dialect.post_types,
        stated=stated,
        unknown=header.unknown,
        notes=() if not header.language or dialect.has_seen(header.language) else (UNSEEN.format(header.language),),
    )


def _account(sheet: Sheet, header: Headed, platform: str, asked: Asked) -> str:
    """Whose file it is, when its rows do not say so: the option, the folder it lies in, or the only one there is.

    Raises: ImportRefused when nobody says it.
    """
    dialect, names = header.dialect, {one.name for one in header.columns}
    if dialect.kind == "ads" or "account_id" in names:
        return ""
    known = [account_id for account_id, of in asked.accounts if of == platform]
    named = [one.strip() for one in asked.account_id.split(",") if one.strip()] or [sheet.copy.folder]
    said = next((one for one in named if one in known), "")
    if asked.account_id and not said:
        raise ImportRefused(
            f"{sheet.shown} is of {platform}, and no campaign knows a {platform} account {asked.account_id}. "
            f"Name one of {', '.join(known) or 'none'}, or add it to a file in campaigns/."
        )
    if said:
        return said
    if dialect.text("account_in_permalink") or dialect.product == "facebook_insights_posts":
        return ""
    if len(known) == 1:
        return known[0]
    raise ImportRefused(
        f"{sheet.shown} does not say whose it is. Name the account: --account {' or '.join(known) or 'ID'}; "
        "or put the file into a folder of that name."
    )


def _laid(connection: duckdb.DuckDBPyConnection, sheet: Sheet, found: Recognition, asked: Asked) -> Recognition:
    """The recognition with the way in which the file is read; `records` is made."""
    without = judging.needless(found)
    if _may_be_read_in_bulk(sheet, found):
        bulk = replace(found, read_by="bulk")
        try:
            lay_records(connection, sheet.copy, bulk, asked.folder, without=without)
            filled = filled_rows(connection, bulk, without=without)
            if sheet.copy.seen and filled + found.header_line == sheet.copy.seen.records:
                return bulk
        except duckdb.Error:
            pass  # a row that is not like the others: read it row by row, which says where
    damaged = lay_records(connection, sheet.copy, found, asked.folder, without=without)
    return replace(found, notes=(*found.notes, HALF.format(damaged))) if damaged else found


def _may_be_read_in_bulk(sheet: Sheet, found: Recognition) -> bool:
    """Whether DuckDB may read the file as it is: large, one table, and written plainly.

    The numbers of its lines are right then if it has as many rows that say anything as the file has line ends outside
    quotation marks: a blank line, which DuckDB passes over, makes them fewer.
    """
    is_plain = found.form == "text" and found.encoding in ("utf-8", "utf-8-sig") and not found.is_quoted_twice
    above = [cell for line, cells in sheet.head if line < found.first_line for cell in cells]
    is_large = sheet.copy.path.stat().st_size > BULK
    return is_plain and is_large and found.last_line is None and not any("\n" in cell for cell in above)


def _require_some(connection: duckdb.DuckDBPyConnection, sheet: Sheet, found: Recognition) -> None:
    """Nothing when there is something to bring in.

    Raises: ImportRefused.
    """
    if not found.rows - sum(found.not_rows.values()):
        raise ImportRefused(
            f"{sheet.shown} has a header of {found.title} and no rows. Choose a longer period, export again."
        )
    unknown = [
        reason.rpartition(" ")[2] for reason in found.rejected if reason.startswith("no campaign knows the account")
    ]
    if unknown and not found.accepted:
        raise ImportRefused(
            f"{sheet.shown} is of {found.platform} account {', '.join(unknown[:5])}, which no campaign knows. Nothing "
            "was imported. Add the account to a file in campaigns/ (accounts:), then import the file again."
        )


def _accounts(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    rows = connection.execute(
        "select distinct account_id from judged where rejected is null and not_row is null order by 1 limit 50"
    ).fetchall()
    return tuple(account_id for (account_id,) in rows)


def _names(metrics: Sequence[Column]) -> tuple[str, ...]:
    return tuple(column.name for column in metrics)
