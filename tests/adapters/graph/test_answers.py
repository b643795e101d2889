"""Answers: any bytes are an answer or one of our errors; nothing else ever comes out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.graph.answers import Answer, checked, strict_json
from ingest.adapters.graph.usage import regain_minutes, used_pct
from ingest.domain.errors import CampaignReachError

VERSION = "v26.0"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
ERRORS = st.fixed_dictionaries(
    {},
    optional={
        "code": st.integers(-5, 90_000) | st.text(),
        "error_subcode": st.integers() | st.text(),
        "message": st.text() | st.integers() | st.none(),
        "is_transient": st.booleans(),
    },
)


def outcome(status: int, body: bytes, headers: dict[str, str] | None = None) -> object:
    try:
        return checked(status=status, headers=headers or {}, body=body, asked_version=VERSION)
    except CampaignReachError as error:
        return error


@given(status=st.integers(100, 599), body=st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_an_error_of_ours(status: int, body: bytes) -> None:
    assert isinstance(outcome(status, body), Answer | CampaignReachError)


@given(status=st.sampled_from([200, 400, 401, 500]), content=JSON)
def test_any_json_is_an_answer_only_when_it_is_an_object_with_status_200(status: int, content: object) -> None:
    try:
        body = json.dumps(content).encode()
    except UnicodeEncodeError:
        return
    found = outcome(status, body)
    is_object = isinstance(content, dict) and "error" not in content and "NaN" not in body.decode()
    if isinstance(found, Answer):
        assert (status, is_object) == (200, True)
        assert found.body == body


@given(error=ERRORS | st.text() | st.lists(st.integers()), status=st.sampled_from([200, 400, 403, 500]))
def test_any_error_of_meta_is_an_error_of_ours(error: object, status: int) -> None:
    try:
        body = json.dumps({"error": error}).encode()
    except UnicodeEncodeError:
        return
    assert isinstance(outcome(status, body), CampaignReachError)


@given(text=st.text(max_size=60))
def test_any_usage_header_is_a_number(text: str) -> None:
    headers = dict.fromkeys(("x-app-usage", "x-business-use-case-usage"), text)
    assert used_pct(headers) >= 0 or used_pct(headers) < 0
    assert isinstance(regain_minutes(headers), int)


@pytest.mark.parametrize(
    "body", [b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":1e999}', b"[]", b'{"a":' + b"[" * 100_000, b'{"a":"\xff"}']
)
def test_what_is_no_strict_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        strict_json(body)


def test_a_version_that_is_not_served_any_more_is_said() -> None:
    assert "is not served any more" in str(outcome(200, b"{}", {"facebook-api-version": "v21.0"}))
