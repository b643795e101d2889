"""The envelope: the body as received, on one line, without a credential."""

import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.landing.envelope import Batch, Received, Request, spliceable, without_credentials

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
CANARY = "EAACanary0123456789"
JSON_TEXT = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def line_of(body: bytes) -> dict[str, object]:
    batch = Batch("api", "facebook", "42", AT, (Received(Request("page", "42"), body),))
    (line,) = batch.lines().splitlines()
    read: dict[str, object] = json.loads(line)
    return read


@given(content=JSON_TEXT, indent=st.sampled_from([None, 2]), ascii_only=st.booleans())
def test_any_answer_is_one_line_that_says_the_same(content: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps({"data": content}, indent=indent, ensure_ascii=ascii_only)
    try:
        body = text.encode()
    except UnicodeEncodeError:
        return  # bytes that are not UTF-8 are refused before they land
    spliced = json.loads(spliceable(body)[0])
    if "\\u" not in text:
        assert spliced == {"data": content}
    assert json.dumps(line_of(body)["body"]) == json.dumps(spliced)


def test_a_body_that_needs_no_cleaning_lands_as_it_came() -> None:
    body = b'{ "a" : 1.50 , "b":"\\u0445\\/y" }'
    assert spliceable(body) == (body, False)


@pytest.mark.parametrize(
    ("body", "cleaned"),
    [
        (b'{"a":\n1}', b'{"a": 1}'),
        (b'{"a":"\\u0000"}', b'{"a":"\\ufffd"}'),
        (b'{"a":"\\ud83d"}', b'{"a":"\\ufffd"}'),
        (b'{"a":"\\ud83d\\ude00"}', b'{"a":"\\ud83d\\ude00"}'),
        (b'{"a":"\\\\u0000"}', b'{"a":"\\\\u0000"}'),
    ],
)
def test_only_what_duckdb_cannot_read_is_replaced_and_the_original_is_kept(body: bytes, cleaned: bytes) -> None:
    assert spliceable(body) == (cleaned, cleaned != body)
    batch = Batch("api", "facebook", "42", AT, (Received(Request("page", "42"), body),))
    assert batch.originals() == ([(1, body)] if cleaned != body else [])


@pytest.mark.parametrize("name", ["access_token", "appsecret_proof"])
@pytest.mark.parametrize(
    "address",
    [
        "https://graph.facebook.com/v26.0/1/posts?{name}={secret}&after=QVFI",
        "https:\\/\\/graph.facebook.com\\/v26.0\\/1\\/posts?limit=5&{name}={secret}",
        "https://graph.facebook.com/x?next=%2Fy%3F{name}%3D{secret}%26z",
        "https://graph.facebook.com/x?{name}\\u003d{secret}\\u0026after=1",
    ],
)
def test_credentials_in_paging_addresses_are_cut_out(address: str, name: str) -> None:
    body = f'{{"paging":{{"next":"{address.format(name=name, secret=CANARY)}"}}}}'.encode()
    clean = without_credentials(body)
    assert CANARY.encode() not in clean
    assert b"REDACTED" in clean
    json.loads(clean)


def test_a_credential_with_escapes_is_cut_out_to_its_end() -> None:
    secret = quote("EAA+Canary/=|")
    clean = without_credentials(f'{{"next":"https://h/p?access_token={secret}&after=1"}}'.encode())
    assert clean == b'{"next":"https://h/p?access_token=REDACTED&after=1"}'


def test_the_same_answers_at_the_same_moment_are_the_same_batch() -> None:
    def named(*bodies: bytes) -> str:
        return Batch(
            "api", "facebook", "42", AT, tuple(Received(Request("page", "42"), one) for one in bodies)
        ).batch_id

    assert named(b"{}", b'{"a":1}') == named(b"{}", b'{"a":1}')
    assert named(b"{}", b'{"a":1}') != named(b'{"a":1}', b"{}")
