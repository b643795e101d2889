"""Deliveries and what they ask for: every envelope, every field, and whatever else is signed."""

import hmac
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.events import Event, Unreadable, changes_of, event_of, is_signed
from tests.events.notifications import (
    INSTAGRAM,
    PAGE,
    SECRET,
    of_instagram,
    of_page,
    page_feed,
    raw,
    reaction,
    signature,
    story,
)

NOW = datetime(2024, 2, 18, 12, tzinfo=UTC)
ACCOUNTS = {PAGE: "facebook", INSTAGRAM: "instagram"}
POST = f"{PAGE}_122100000000000101"

VECTOR = (
    b'{"object":"page","entry":[{"id":"104857600000001","time":1763612110,"changes":[{"value":{"from":{"id":'
    b'"7700000000000001","name":"Bat"},"post_id":"104857600000001_122100000000000101","created_time":1763612167,'
    b'"item":"reaction","parent_id":"104857600000001_122100000000000101","reaction_type":"love","verb":"add"},'
    b'"field":"feed"}]}]}'
)


def events(body: bytes) -> list[Event]:
    return [event_of(one, delivery_sha256="d", received_at=NOW, accounts=ACCOUNTS) for one in changes_of(body)]


def one(body: bytes) -> Event:
    (event,) = events(body)
    return event


@pytest.mark.parametrize(
    ("body", "kind", "object_id", "verb"),
    [
        (of_page(page_feed(POST)), "post", POST, "add"),
        (of_page(page_feed(POST, item="status", verb="edited")), "post", POST, "edited"),
        (of_page(page_feed(POST, verb="hide")), "post", POST, "hide"),
        (of_page(page_feed(POST, item="status", verb="remove")), "post", POST, "remove"),
        (of_page(page_feed(POST, item="comment", comment_id="1_2")), "post", POST, "hint"),
        (of_page(reaction(POST, 1)), "post", POST, "hint"),
        (of_page({"id": PAGE, "time": 1, "changed_fields": ["feed"]}), "account", "", "add"),
        (of_page({"id": PAGE, "time": 1, "changes": [{"field": "mention", "value": {"post_id": "9_9"}}]}), "mention",
         "", ""),
        (of_instagram({"id": INSTAGRAM, "time": 1, "field": "comments",
                       "value": {"id": "1", "media": {"id": "18000000000000001"}, "text": "👏"}}),
         "post", "18000000000000001", "hint"),
        (of_instagram({"id": INSTAGRAM, "time": 1, "changes": [{"field": "mentions", "value": {"media_id": "9"}}]}),
         "mention", "", ""),
        (of_instagram(story("18000000000000009")), "story", "18000000000000009", "numbers"),
    ],
)  # fmt: skip
def test_every_envelope_and_field_is_understood(body: bytes, kind: str, object_id: str, verb: str) -> None:
    event = one(body)
    assert (event.kind, event.object_id, event.verb) == (kind, object_id, verb)
    assert event.state == ("done" if kind == "mention" else "waiting")


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"id": "0", "time": 1, "changes": [{"field": "feed", "value": {"post_id": "44444444_444444444"}}]}, "test"),
        (page_feed("999_1", page="999"), "no campaign names this account"),
        ({"id": PAGE, "time": 1, "changes": [{"field": "ratings", "value": {}}]}, "ratings is not followed"),
        ({"id": PAGE, "time": 1, "messaging": [{"sender": {"id": "1"}}]}, "messaging is not followed"),
        (page_feed("../../etc/passwd"), "the object's id is none"),
        (page_feed("123_456"), "another account's"),
    ],
)
def test_what_asks_for_nothing_that_we_know_is_quarantined_with_its_reason(
    entry: dict[str, object], reason: str
) -> None:
    event = one(of_page(entry))
    assert event.state == "quarantined"
    assert reason in event.reason


def test_a_change_is_the_same_event_in_whatever_delivery_and_at_whatever_time_it_is_sent() -> None:
    first, again = of_page(page_feed(POST, time=1)), of_page(reaction(POST, 3), page_feed(POST, time=2))
    assert one(first).event_id == events(again)[1].event_id
    assert one(first).event_id != one(of_page(page_feed(POST, verb="edited"))).event_id


def test_notices_without_content_count_each_time() -> None:
    first, second = (of_page({"id": PAGE, "time": time, "changed_fields": ["feed"]}) for time in (100, 200))
    assert one(first).event_id != one(second).event_id


def test_a_thousand_changes_come_in_one_delivery() -> None:
    assert len(events(of_page(*(reaction(POST, number) for number in range(1000))))) == 1000


def test_no_name_no_text_and_no_picture_is_kept() -> None:
    (change,) = changes_of(of_page(page_feed(POST, link="https://x.example/p.jpg", photo_id="1")))
    assert set(change.kept()) == {"item", "verb", "post_id", "created_time"}
    (numbers,) = changes_of(of_instagram(story("18000000000000009", username=7)))  # type: ignore[arg-type]
    assert numbers.kept() == {
        "media_id": "18000000000000009",
        "reach": 396,
        "views": 444,
        "taps_back": -1,
        "replies": -1,
    }


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"\xff", b'{"object":"page","entry":[]}', b'{"entry":[1]}']
)
def test_what_is_no_notification_says_why(body: bytes) -> None:
    with pytest.raises(Unreadable):
        changes_of(body)


@given(st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["object", "entry", "changes", "field", "value", "id", "time", "changed_fields", "messaging",
                         "media", "post_id", "item", "created_time"]), inner, max_size=4),
    max_leaves=20,
).map(lambda content: json.dumps(content).encode()))  # fmt: skip
def test_any_signed_bytes_become_events_or_a_reason(body: bytes) -> None:
    try:
        found = events(body)
    except Unreadable:
        return
    assert all(event.reason if event.state == "quarantined" else event.kind for event in found)


def test_meta_signs_the_bytes_with_escapes_and_only_those_bytes() -> None:
    body = of_page(page_feed(POST))
    assert b"\\u0428" in body
    assert is_signed(body, signature(body).encode(), [SECRET])
    again = json.dumps(json.loads(body), ensure_ascii=False).encode()
    assert not is_signed(again, signature(body).encode(), [SECRET])


def test_a_known_vector_is_accepted_with_any_of_the_secrets() -> None:
    header = b"sha256=2637ba9ccc1f76f6f5d6f9e7e92f59a04cf0d7fb067bb254ec805102a3bb0f8f"
    assert is_signed(VECTOR, header, ["older", SECRET, ""])
    assert not is_signed(VECTOR, header, ["older", ""])


@pytest.mark.parametrize("header", [b"", b"sha256=", b"sha1=" + b"0" * 40, "sha256=é".encode(), b"sha256=" + b"A" * 64])
def test_no_other_header_is_a_signature(header: bytes) -> None:
    assert not is_signed(b"{}", header, [SECRET])
    assert not is_signed(b"{}", header, [])


def test_none_of_ten_thousand_forged_bodies_is_accepted() -> None:
    import random

    dice = random.Random(20241124)  # noqa: S311 - forgeries, no secrets
    body = of_page(page_feed(POST), reaction(POST, 1))
    header, said = signature(body).encode(), json.loads(body)
    sha1 = b"sha1=" + hmac.new(SECRET.encode(), body, "sha1").hexdigest().encode()
    forged = 0
    for _ in range(10_000):
        place, bit = dice.randrange(len(body)), 1 << dice.randrange(8)
        flipped = body[:place] + bytes([body[place] ^ bit]) + body[place + 1 :]
        cut = body[: dice.randrange(len(body))]
        other = signature(body, f"app-{dice.random()}").encode()
        forged += is_signed(flipped, header, [SECRET]) + is_signed(cut, header, [SECRET])
        forged += is_signed(body, other, [SECRET]) + is_signed(body, header[: dice.randrange(71)], [SECRET])
        encoded = json.dumps(said, indent=dice.choice([None, 0, 2]), ensure_ascii=dice.random() < 0.5).encode()
        forged += is_signed(encoded, header, [SECRET]) + is_signed(body, sha1, [SECRET])
    assert forged == 0
    assert is_signed(body, header, [SECRET])
    assert raw({"a": "/"}) == b'{"a":"\\/"}'
