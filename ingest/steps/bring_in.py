"""One file after another is opened, recognised and landed, with the lines that say how it is read."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from ingest.domain.errors import ImportRefused
from ingest.domain.imports import Options, Outcome, Progress

if TYPE_CHECKING:
    from ingest.adapters.exports.copies import Copy
    from ingest.adapters.exports.kinds import Asked, Found, Recognise
    from ingest.adapters.exports.sheets import Sheet
    from ingest.adapters.landing.envelope import Received
    from ingest.adapters.landing.files import Landing

log = structlog.get_logger()
EXPORT = "export/"
CAMPAIGN = "campaign"
NO_FILE = {"has_file": "no"}
"""What a line says whose file did not land."""


def kinds() -> "tuple[Recognise, ...]":
    """What recognises a table; the first that does has it."""
    from ingest.adapters.exports.offline import recognise_offline
    from ingest.adapters.exports.tables import recognise_table

    return (recognise_table, recognise_offline)


@dataclass(frozen=True, slots=True)
class Tables:
    """A file's tables that are known, and the names of its sheets that are not."""

    found: "tuple[Found, ...]"
    left_aside: tuple[str, ...]

    @property
    def lands_file(self) -> bool:
        """Whether the file itself lands: not if it holds people, or a sheet of a survey's workbook that may."""
        may_name_people = self.left_aside and any(one.is_of_people for one in self.found)
        return all(one.lands_file for one in self.found) and not may_name_people

    def facts(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        """What is said of each table, and why the file itself does not land."""
        facts = [tuple(one.facts()) for one in self.found]
        if not self.lands_file:
            unknown = ", ".join(map(repr, self.left_aside))
            why = (
                f"it holds {unknown}, which is of no kind that is known, and may name people"
                if unknown
                else ("it holds people")
            )
            facts[0] = (*facts[0], ("the file itself", f"does not land, only what is said here: {why}"))
        return tuple(facts)


@dataclass(slots=True)
class Importer:
    """Brings in one file after another."""

    landing: "Landing"
    options: Options
    asked: "Asked"
    known: dict[str, str]
    """Keys of what has landed, by the first digits of the file's SHA-256: of several readings the newest."""

    def bring_in(self, path: Path, *, told: Callable[[str, int], None] = lambda _name, _size: None) -> list[Outcome]:
        """What became of a file; of each table file in it, if it is an archive."""
        from ingest.adapters.exports.copies import copy_file
        from ingest.adapters.exports.moving import told_while_working

        progress = Progress(path.name, path.stat().st_size if path.exists() else 0, told)
        with tempfile.TemporaryDirectory(dir=self.asked.folder) as folder:
            try:
                copies = self._opened(copy_file(path, Path(folder), told=progress.copied), Path(folder))
                with told_while_working(self.asked.connection, progress.recognised):
                    tables = [self._recognised(copy, path) for copy in copies]
                progress.recognised(1)
                _require_any(path, copies, tables)
                landed = [self._landed(copy, one) for copy, one in zip(copies, tables, strict=True) if one.found]
                return [replace(one, path=path) for one in landed]
            except ImportRefused as error:
                log.warning("file_refused", name=path.name, reason=str(error))
                return [Outcome(path.name, "refused", problem=str(error), path=path)]
            finally:
                progress.up_to(progress.size)

    def _opened(self, copy: "Copy", folder: Path) -> "list[Copy]":
        from ingest.adapters.exports.archives import form_of, members_of

        return list(members_of(copy, folder)) if form_of(copy) == "archive" else [copy]

    def _recognised(self, copy: "Copy", path: Path) -> Tables:
        """The tables of a file. One that nobody knows is left aside if another one is known."""
        from ingest.adapters.exports.offline_columns import is_explanation

        asked = self._asked(copy, path)
        found: list[Found] = []
        left_aside: list[str] = []
        for sheet in _sheets(copy, (asked.mapping and asked.mapping.delimiter) or ""):
            known = next((one for one in (recognise(sheet, asked) for recognise in kinds()) if one), None)
            if known:
                found.append(known)
            elif not is_explanation(sheet.head[0][1] if sheet.head else ()):
                left_aside.append(sheet.name)
        return Tables(tuple(found), tuple(left_aside))

    def _asked(self, copy: "Copy", path: Path) -> "Asked":
        """What is known beside a file: its mapping; of one that is read again also whose it was, if nobody says it."""
        from ingest.adapters.exports.mappings import mapping_beside, read_mapping

        mapping = self.options.mapping or mapping_beside(path)
        asked = replace(self.asked, mapping=read_mapping(mapping)) if mapping else self.asked
        before = self._landed_before(copy) if self.options.again else ""
        if not before:
            return asked
        known = {account_id for account_id, _ in asked.accounts}
        account_id = asked.account_id or (copy.folder if copy.folder in known else _accounts(self.landing, before))
        campaign = asked.says.get(CAMPAIGN) or _params(self.landing, before).get(CAMPAIGN, "")
        return replace(asked, account_id=account_id, says={**asked.says, CAMPAIGN: campaign})

    def _landed(self, copy: "Copy", tables: Tables) -> Outcome:
        from ingest.adapters.landing.envelope import Attachment, Batch

        facts, rows = tables.facts(), sum(one.rows for one in tables.found)
        before = self._landed_before(copy)
        stated = (NO_FILE if not tables.lands_file else {}) | (self._as_before(before) if before else {})
        answers = tuple(_stating(one.received(), stated) for one in tables.found)
        if before and (not self.options.again or self._says_the_same(before, answers)):
            return Outcome(copy.shown, "known", facts, rows, before)
        instead_of = before or (named_before(self.landing, self.options.instead_of) if self.options.instead_of else "")
        if self.options.is_dry_run:
            return Outcome(copy.shown, "recognised", facts, rows, instead_of=instead_of)
        extension = copy.path.suffix.lstrip(".") or "bin"
        batch = Batch(
            "export",
            tables.found[0].platform,
            tables.found[0].account_id,
            self.asked.at,
            tuple(_stating(one, {"instead_of": instead_of}) for one in answers) if instead_of else answers,
            Attachment(copy.path, copy.sha256, extension) if tables.lands_file else None,
            content_sha256=copy.sha256,
        )
        if before and batch.batch_id in before:
            raise ImportRefused(
                f"{copy.shown} was read otherwise at this very second already: two readings need two moments. "
                "Run it again in a second."
            )
        key = self.landing.write(batch)
        self.known[copy.sha256[:12]] = key
        return Outcome(copy.shown, "imported", facts, rows, key, instead_of=instead_of)

    def _landed_before(self, copy: "Copy") -> str:
        """The key of the newest reading of the same bytes; empty when there is none."""
        key = self.known.get(copy.sha256[:12], "")
        return key if key and _params(self.landing, key).get("sha256") == copy.sha256 else ""

    def _as_before(self, key: str) -> dict[str, str]:
        """What stays as it was when the same bytes are read again: their name, and when they were exported."""
        before = _params(self.landing, key)
        kept = ("name", "modified_at", *(() if self.options.exported_at else ("exported_at",)))
        return {name: before[name] for name in kept if name in before}

    def _says_the_same(self, key: str, answers: "Sequence[Received]") -> bool:
        """Whether reading it again gives what has landed."""
        from ingest.adapters.landing.lines import open_landed

        lines = open_landed(self.landing, key).read()
        before = [(one.body_sha256, one.request["params"]["exported_at"]) for one in lines]
        return before == [(one.body_sha256, one.request.params["exported_at"]) for one in answers]


def _stating(received: "Received", stated: Mapping[str, str]) -> "Received":
    return replace(received, request=replace(received.request, params=received.request.params | dict(stated)))


def _params(landing: "Landing", key: str) -> dict[str, Any]:
    from ingest.adapters.landing.files import first_line

    params: dict[str, Any] = first_line(landing.local_path(key))["request"]["params"]
    return params


def _accounts(landing: "Landing", key: str) -> str:
    """The accounts that the tables of an imported file were said to be of; empty where their rows say it."""
    from ingest.adapters.landing.lines import open_landed

    said = [str(line.body.get("account_id") or "") for line in open_landed(landing, key).read()]
    return ",".join(dict.fromkeys(one for one in said if one))


def named_before(landing: "Landing", name: str) -> str:
    """The key of the newest imported file that is so called, or lies under that key.

    Raises: ImportRefused when there is none.
    """
    keys = [key for key in landing.landed_keys() if key.startswith(EXPORT)]
    found = name if name in keys else next((one for one in reversed(keys) if _params(landing, one)["name"] == name), "")
    if not found:
        raise ImportRefused(
            f"No imported file is called {name}, and none lies under such a key. `rpt_imports` lists what was imported."
        )
    return found


def landed_digits(landing: "Landing") -> dict[str, str]:
    """Keys of imported files by the first digits of their SHA-256."""
    keys = (key for key in landing.landed_keys() if key.startswith(EXPORT))
    return {Path(key).name.partition(".")[0].rpartition("-")[2]: key for key in keys}


def _sheets(copy: "Copy", delimiter: str = "") -> "Iterator[Sheet]":
    from ingest.adapters.exports.archives import form_of
    from ingest.adapters.exports.text_tables import text_sheets
    from ingest.adapters.exports.workbooks import workbook_sheets

    return workbook_sheets(copy) if form_of(copy) == "workbook" else text_sheets(copy, delimiter)


def _require_any(path: Path, copies: "Sequence[Copy]", tables: Sequence[Tables]) -> None:
    """Nothing when a table was recognised.

    Raises: ImportRefused, saying what the file resembles most and what it lacks for that.
    """
    from ingest.adapters.exports.headers import nearest_product

    if any(one.found for one in tables):
        return
    sheets = [sheet for copy in copies for sheet in _sheets(copy)]
    if not sheets:
        raise ImportRefused(f"{path.name} holds no row. Export it again.")
    header = ", ".join(repr(cell) for cell in sheets[0].head[0][1][:8] if cell)
    nearest = nearest_product(sheets[0])
    lacks = nearest and (
        f" Nearest is {nearest[0].title}, for which it lacks {', '.join(nearest[1]) or 'a column with a metric'}."
    )
    raise ImportRefused(
        f"{path.name} is of no product that is known. Its first row is {header}.{lacks or ''} Say what its columns are "
        "in a mapping (--mapping FILE.yml; docs/how-to/bring-in-a-partner-export.md)."
    )
