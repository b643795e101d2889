"""Exports composed in the formats that people have: headers and rows of our own, in any order, encoding and company."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingest.domain.imports import Options, Outcome
from ingest.settings import Settings
from ingest.steps.check_landed import check_landed
from ingest.steps.import_files import import_files
from ingest.steps.load import load_landed

PAGE, OTHER_PAGE, INSTAGRAM = "104857600000201", "104857600000202", "17841400000000301"
"""Accounts of the registry's campaigns."""
EXPORTED = datetime(2026, 11, 20, 12, tzinfo=UTC)
FACEBOOK = {
    "Post ID": "122100000000000101",
    "Page ID": PAGE,
    "Page name": "A Page",
    "Title": "",
    "Description": "Хамтдаа #Хамтдаа",
    "Publish time": "11/19/2026 20:15",
    "Permalink": f"https://www.facebook.com/{PAGE}/posts/122100000000000101",
    "Is crosspost": "0",
    "Post type": "Photos",
    "Data comment": "",
    "Date": "Lifetime",
    "Views": "5310",
    "Reach": "3984",
    "Reactions": "158",
    "Comments": "9",
    "Shares": "14",
}
INSTAGRAM_POST = {
    "Post ID": "18000000000000001",
    "Account ID": INSTAGRAM,
    "Account username": "demo",
    "Account name": "Demo",
    "Description": "Шүхэр #DreamUmbrella",
    "Publish time": "11/19/2026 20:15",
    "Permalink": "https://www.instagram.com/reel/DAbcdEFGhij/",
    "Post type": "IG reel",
    "Data comment": "",
    "Date": "Lifetime",
    "Views": "6620",
    "Reach": "4100",
    "Likes": "311",
    "Shares": "45",
    "Comments": "12",
    "Saves": "38",
}


def facebook_post(number: int = 101, **changes: str) -> dict[str, str]:
    """A row of a Facebook export; a change is given by its header, with `_` for a blank."""
    post_id = str(122100000000000000 + number)
    own = FACEBOOK | {"Post ID": post_id, "Permalink": f"https://www.facebook.com/{PAGE}/posts/{post_id}"}
    return own | {name.replace("_", " "): value for name, value in changes.items()}


def instagram_post(number: int = 1, **changes: str) -> dict[str, str]:
    """A row of an Instagram export."""
    own = INSTAGRAM_POST | {"Post ID": str(18000000000000000 + number)}
    return own | {name.replace("_", " "): value for name, value in changes.items()}


def table(rows: Iterable[Mapping[str, str]], delimiter: str = ",") -> str:
    """Rows under one header as CSV."""
    rows = list(rows)
    return text_of([list(rows[0]), *([row.get(name, "") for name in rows[0]] for row in rows)], delimiter)


def text_of(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """Rows of cells as CSV."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def written(folder: Path, content: str | bytes, name: str = "export.csv", encoding: str = "utf-8-sig") -> Path:
    """A file of that content."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
    return path


def brought_in(settings: Settings, *paths: Path, **said: Any) -> list[Outcome]:
    """What became of files that were imported; loaded, and let pass by the gate if any was."""
    options = Options(**{"exported_at": EXPORTED, "who": "somebody"} | said)
    outcomes = import_files(settings, [str(path) for path in paths], options)
    if any(one.state == "imported" for one in outcomes):
        load_landed(settings)
        check_landed(settings)
    return outcomes


def refusal(settings: Settings, path: Path, **said: Any) -> str:
    """The one message of a file that is refused, of which nothing has landed."""
    (outcome,) = brought_in(settings, path, **said)
    assert outcome.state == "refused", outcome
    assert not list(Path(settings.landing_uri).glob("export/**/*.*"))
    return outcome.problem


def dry(settings: Settings, path: Path, **said: str) -> dict[str, str]:
    """What a dry run says of the first table of a file."""
    (outcome,) = import_files(settings, [str(path)], Options(is_dry_run=True, **said))  # type: ignore[arg-type]
    assert outcome.state == "recognised", outcome.problem
    return facts_of(outcome)


def facts_of(outcome: Outcome) -> dict[str, str]:
    """What was said of the first table of a file; notes joined."""
    facts = dict(outcome.facts[0])
    return facts | {"note": "; ".join(said for name, said in outcome.facts[0] if name == "note")}


def ask(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the warehouse."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


def values(settings: Settings, name: str) -> dict[str, str | None]:
    """The snapshots of one export name, by the last digits of the object's id."""
    found = ask(
        settings, f"select object_id, value from raw.snapshots where graph_name = '{name}' order by load_id, line_no"
    )
    return {object_id[-3:]: value for object_id, value in found}
