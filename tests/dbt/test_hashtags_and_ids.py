"""Hashtags and ids over arbitrary text: nothing crashes, no tag or object is lost, and none is invented."""

import json
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import jinja2
import pytest
from hypothesis import Phase, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ingest.adapters.landing.envelope import Batch, Received, Request
from ingest.adapters.landing.open_landing import open_landing
from ingest.domain.events import ID, Change, event_of
from ingest.domain.fields import Hashtag
from ingest.settings import PROJECT
from ingest.steps.load import load_landed
from tests.conftest import MOMENT, settings_in

MACROS = "".join(
    (PROJECT / "dbt_project" / "macros" / f"{name}.sql").read_text() for name in ("normalised", "hashtags")
)
SQL = jinja2.Template(MACROS).module
NORMALISED, HASHTAGS = SQL.normalised("?"), SQL.hashtags("?")  # type: ignore[attr-defined]
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S*", re.ASCII)
UNSEEN = ("", "\u200b", "\u200f", "\u202a", "\u2066", "\ufeff", "\u00ad", "\u200d")
HARD = (
    "#", "＃", "_", " ", "\n", "\t", "\x00", "/", ".", "https://x.mn/#", "1", "٣", "²", "\ufffd",
    "Ө", "ө", "Ү", "Ї", "є", "й", "и\u0306", "й\u0301", "\u0301", "\u200b", "\u200f", "\u202e", "ا", "ہ", "א",
    "हि", "ไทย", "👏🏽", "👩\u200d👩\u200d👧", "🇲🇳", "#️⃣", "❤️", "ß", "ẞ", "İ", "Σ",
)  # fmt: skip
"""What texts of people hold: two scripts, letters taken apart, marks that nobody sees, directions, keys, pictures."""


def is_old(letter: str) -> bool:
    """Whether Python and DuckDB know the letter alike: it is not younger than both their tables of Unicode."""
    return unicodedata.ucd_3_2_0.category(letter) == unicodedata.category(letter) not in ("Cn", "Co", "Cs")


LETTERS = st.one_of(st.sampled_from(HARD), st.characters(codec="utf-8").filter(is_old))
TEXTS = st.lists(LETTERS, max_size=40).map("".join)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def in_sql(connection: duckdb.DuckDBPyConnection, expression: str, text: str) -> object:
    ((found,),) = connection.execute(f"select {expression}", [text]).fetchall()
    return found


def hashtags_in(connection: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    found = in_sql(connection, HASHTAGS, str(in_sql(connection, NORMALISED, text)))
    assert isinstance(found, list)
    return found


def read_by_eye(words: str) -> list[str]:
    """The tags of normalised words, read letter by letter."""
    tags: list[str] = []
    before, tag = " ", None
    for letter in f"{ADDRESS.sub(' ', words)} ":
        is_of_word = letter == "_" or unicodedata.category(letter)[0] in "LMN"
        if tag is not None and not is_of_word:
            tags.append(tag)
        if tag is not None and is_of_word:
            tag += letter
        elif letter == "#" and (tag or not (before == "_" or unicodedata.category(before)[0] in "LMN")):
            tag = ""
        else:
            tag = None
        before = letter
    return [f"#{one}" for one in tags if any(letter.isalpha() for letter in one)]


@given(text=TEXTS)
@example(text="https://x.mn/#Хамтдаа #Хамтдаа#Өөр c#net ##Нэг #️⃣ #1 #_ #а_1.")
def test_the_hashtags_of_any_text_are_those_that_a_reader_sees(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    words = str(in_sql(connection, NORMALISED, text))
    assert hashtags_in(connection, text) == read_by_eye(words)


@given(before=TEXTS, after=TEXTS, data=st.data())
def test_f43_a_hashtag_is_found_however_it_was_typed_and_whatever_stands_around_it(
    connection: duckdb.DuckDBPyConnection, before: str, after: str, data: st.DataObject
) -> None:
    shape = data.draw(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
    mark = data.draw(st.sampled_from(["#", "＃"]))
    letters = [
        data.draw(st.sampled_from([str.upper, str.lower]))(letter) + data.draw(st.sampled_from(UNSEEN))
        for letter in data.draw(st.sampled_from(["ХүүхэдБүрӨөрМөрөөдөл", "ХvvхэдБvр", "Ялгаатай_1", "Йод"]))
    ]
    plain = "".join(letter[0] for letter in letters)
    typed = mark + unicodedata.normalize(shape, "".join(letters))
    (wanted,) = hashtags_in(connection, f"#{plain}")
    assert wanted in hashtags_in(connection, f"{before} {typed} {after}")


@given(text=st.one_of(TEXTS, st.lists(LETTERS, min_size=1, max_size=8).map(lambda found: "#" + "".join(found))))
@example(text="#ӨөрӨөр")
@example(text="#_")
def test_a_hashtag_that_a_campaign_may_have_is_found_in_a_post_that_has_it(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    try:
        accepted = TypeAdapter(Hashtag).validate_python(text)
    except ValidationError:
        return
    wanted = in_sql(connection, NORMALISED, accepted)
    assert hashtags_in(connection, f"шинэ {text}, бас") == [wanted]


IDS = st.one_of(
    TEXTS,
    st.from_regex(r"\A[A-Za-z0-9_]{1,140}\Z"),
    st.sampled_from(["", " ", " 12 ", "../../etc/passwd", "1" * 129, "١٢٣", "1\x00", "１２", "null", "a" * 5000]),
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.lists(st.integers(), max_size=2),
)
USABLE = re.compile(r"[A-Za-z0-9_]{1,128}", re.ASCII)


def as_text(given_id: object) -> str | None:
    """An id as DuckDB reads it out of JSON: a text; None when there is none."""
    if given_id is None:
        return None
    text = given_id if isinstance(given_id, str) else json.dumps(given_id, separators=(",", ":"))
    return text.replace("\x00", "\ufffd") or None


@hypothesis_settings(max_examples=5, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # each one is a load
@given(account=TEXTS, ids=st.lists(IDS, min_size=20, max_size=150))
def test_every_object_lands_under_the_id_that_it_came_with_or_waits_in_quarantine(
    account: str, ids: list[object]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        body = json.dumps({"data": [{"id": one, "created_time": "2024-02-01T10:00:00+0000"} for one in ids]}).encode()
        received = Received(Request("published_posts", account, ("id",)), body, 200, "v26.0")
        key = open_landing(settings).write(Batch("api", "facebook", account, MOMENT, (received,)))
        assert re.fullmatch(r"api/facebook/[A-Za-z0-9_]{1,128}/2026-11-22/[\w-]+\.ndjson\.zst", key, re.ASCII)
        load_landed(settings)
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as opened:
            posts = Counter(one for (one,) in opened.execute("select post_id from raw.posts").fetchall())
            waiting = Counter(one for (one,) in opened.execute("select object_id from raw.quarantine").fetchall())
    texts = Counter(map(as_text, ids))
    assert posts + waiting == texts
    assert set(posts) == {one for one in texts if one is not None and USABLE.fullmatch(one)}


@given(account=TEXTS, given_id=IDS, field=st.sampled_from(["feed", "comments", "story_insights"]))
def test_an_event_asks_for_the_object_that_it_names_or_says_why_not(account: str, given_id: object, field: str) -> None:
    value = {"post_id": given_id, "media_id": given_id, "item": "status", "verb": "add"}
    change = Change("facebook", account, field, value, datetime(2024, 2, 1, tzinfo=UTC))
    event = event_of(change, delivery_sha256="d", received_at=MOMENT, accounts={account: "facebook"})
    named = str(given_id or "") if field != "story_insights" else str(given_id)
    assert event.object_id == named  # nothing is lost, nothing invented
    assert event.state == "quarantined" or ID.fullmatch(event.object_id) or event.kind == "account"
