"""One test per fault: its outcome, nothing lost, nothing invented; after it clears, the facts are as without it."""

import inspect
import json
import re
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
import zstandard
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ingest.adapters.state import ClientState, Refused
from ingest.check import run_checks
from ingest.domain.errors import (
    AccountBlocked,
    AnswerRejected,
    AnswerTooLarge,
    CampaignReachError,
    GateStopped,
    GraphUnavailable,
    RateLimited,
    RequestRefused,
    TokenRefused,
    UnsafeAnswer,
)
from ingest.health import read_health
from ingest.sandbox import rules
from ingest.sandbox.fault_front import Fault
from ingest.sandbox.faults import FAULTS, UNKNOWN_CODE, UNKNOWN_CODE_500
from ingest.sandbox.loopback import listening
from ingest.steps.check_landed import check_landed
from ingest.steps.load import load_landed
from ingest.steps.read_listing import PAGES
from ingest.steps.refresh import refresh_account
from tests.conftest import MOMENT
from tests.faults.reading import (
    ALWAYS,
    BATCH,
    LATER,
    LISTING,
    PAGE,
    PAGED,
    ROW,
    World,
    facts,
    fault_called,
    healed,
    keys,
    landed,
    named,
    quick,
    reading,
    refreshed,
    titled,
    waiting_in,
    world,
)

__all__ = ["quick", "world"]  # fixtures
BLOCKED = "stopped, code 368"
REJECTED = ("F13", "F16", "F17", "F18", "F25", "F41")
GONE = ("F14", "F15", "F19", "F20", "F22", "F23")
RAISED: dict[str, type[CampaignReachError]] = {
    "F01": GraphUnavailable,
    "F02": RateLimited,
    "F03": RateLimited,
    "F04": RateLimited,
    "F05": TokenRefused,
    "F06": TokenRefused,
    "F07": RequestRefused,
    "F08": RequestRefused,
    "F09": RequestRefused,
    "F10": RequestRefused,
    "F12": RequestRefused,
    "F26": UnsafeAnswer,
    "F31": RequestRefused,
    **dict.fromkeys(REJECTED, AnswerRejected),
    **dict.fromkeys(GONE, GraphUnavailable),
}
"""What a refresh raises when every answer of the listing is spoiled so, by the number of the fault."""
OTHERWISE: dict[str, type[CampaignReachError]] = {
    BLOCKED: AccountBlocked,
    UNKNOWN_CODE: RequestRefused,
    UNKNOWN_CODE_500: GraphUnavailable,
}
"""What is raised by ways of a fault that mean something else than the others of its number."""
LANDS = ("F27", "F28", "F29", "F32", "F34", "F35", "F36", "F37", "F38", "F39", "F40", "F42", "F43", "F44", "F51")
"""Faults of one thing on a page: the page lands, and what was odd is null, or waits in quarantine."""
UNREADABLE = ("a number that is NaN", "a number of 4,000 digits")
"""Pages that are no strict JSON for one value's sake: they are read without values, and those one by one."""
NEVER_JSON = ("bytes that are no UTF-8", "a byte order mark")
ONE_LIST, MANY_BYTES, SILENT = "permission for one list", "a page of many bytes", "an answer that falls silent"
TOO_FULL = "usage above all"


def outcome(fault: Fault) -> type[CampaignReachError]:
    """What a refresh raises when every answer of the listing is spoiled so."""
    return OTHERWISE.get(fault.what, RAISED[fault.number])


def passes(fault: Fault) -> bool:
    """Whether it passes by itself: one spoiled answer is asked for again, and nobody notices."""
    return outcome(fault) in (GraphUnavailable, AnswerRejected) or fault.number in ("F10", "F31")


def test_every_number_of_the_catalogue_has_a_test_of_its_outcome_and_of_the_facts_after_it_clears() -> None:
    wanted = {f"F{number:02}" for number in range(1, 52)} - {"F47"}  # F47 is about ads jobs
    of_tables = {*RAISED, *LANDS}  # the tests over the tables compare the facts at their end
    alone = {
        number.upper()
        for name, test in globals().items()
        if name.startswith("test_f") and "== world.oracle" in (code := inspect.getsource(test)) and "healed(" in code
        for number in re.findall(r"f\d\d", name)
    }
    assert wanted - of_tables - alone == set()
    assert {fault.number for fault in FAULTS} <= wanted


OF_A_LISTING = named(*RAISED, without=(ONE_LIST, MANY_BYTES))


@pytest.mark.parametrize("fault", [one for one in OF_A_LISTING if one.what != SILENT], ids=titled)
def test_a_fault_that_stays_stops_the_account_and_nothing_lands(world: World, tmp_path: Path, fault: Fault) -> None:
    world.front.spoil(fault, on=LISTING, times=ALWAYS)
    assert refreshed(world, tmp_path) is outcome(fault)
    assert not list((tmp_path / "landing").rglob("*.zst"))
    rejected = list((tmp_path / "quarantine").glob("*.bin"))
    assert bool(rejected) == (outcome(fault) is AnswerRejected)
    until = ClientState(tmp_path / "state.sqlite").rests_until(PAGE, at=MOMENT)
    assert until == (MOMENT + RESTS[outcome(fault)] if outcome(fault) in RESTS else None)
    assert healed(world, tmp_path) == world.oracle


RESTS = {RateLimited: timedelta(hours=1), AccountBlocked: timedelta(days=1)}
"""How long the account rests where Meta does not say how long; a wait that it asks for is an hour at most."""


IN_BATCHES = {
    fault.number: fault
    for fault in reversed(named(*RAISED, without=(ONE_LIST,)))
    if fault.number not in ("F23", "F41")  # a drip is slow; a key of a part stands in a text
}


@pytest.mark.parametrize("fault", IN_BATCHES.values(), ids=titled)
def test_a_fault_of_every_batch_stops_the_account_or_lets_it_rest_with_what_it_has(
    world: World, tmp_path: Path, fault: Fault
) -> None:
    world.front.spoil(fault, on=BATCH, times=ALWAYS)
    raised = outcome(fault)
    is_quota = raised is RateLimited
    assert refreshed(world, tmp_path) is (None if is_quota else raised)
    assert bool(list((tmp_path / "landing").rglob("*.zst"))) == is_quota
    until = ClientState(tmp_path / "state.sqlite").rests_until(PAGE, at=MOMENT)
    assert (until is not None) == (raised in RESTS)
    assert healed(world, tmp_path) == world.oracle


@pytest.mark.parametrize(
    ("fault", "place"),
    [
        pytest.param(fault, (LISTING, LATER, BATCH)[index % 3], id=titled(fault))
        for index, fault in enumerate(one for one in OF_A_LISTING if passes(one))
    ],
)
def test_a_fault_that_passes_is_asked_again_and_nobody_notices(
    world: World, tmp_path: Path, fault: Fault, place: str
) -> None:
    world.front.spoil(fault, on=LATER if fault.number == "F31" else place)
    assert refreshed(world, tmp_path) is None
    assert not world.front.script
    assert landed(world, tmp_path) == world.oracle  # it had cleared before the reading ended


@pytest.mark.parametrize("fault", named(*LANDS, without=(*UNREADABLE, *NEVER_JSON, TOO_FULL)), ids=titled)
def test_a_page_with_one_odd_thing_lands_and_the_next_reading_heals_it(
    world: World, tmp_path: Path, fault: Fault
) -> None:
    world.front.spoil(fault, on=LATER if fault.number == "F29" else PAGED)
    assert refreshed(world, tmp_path) is None
    assert not world.front.script
    spoiled = landed(world, tmp_path)
    assert keys(spoiled) <= keys(world.oracle)  # nothing is invented
    lost = {fact[0] for fact in world.oracle} - {fact[0] for fact in spoiled}
    assert lost == waiting_in(tmp_path)  # nothing is lost: what is not in raw waits in quarantine
    assert healed(world, tmp_path) == world.oracle


@pytest.mark.parametrize("what", UNREADABLE)
def test_f39_f40_a_value_that_no_json_can_hold_costs_nothing_else(world: World, tmp_path: Path, what: str) -> None:
    world.front.spoil(fault_called(what), on=PAGED, times=ALWAYS)
    assert refreshed(world, tmp_path) is None
    assert landed(world, tmp_path) == world.oracle  # the values were asked for one by one
    assert list((tmp_path / "quarantine").glob("*.bin"))
    assert healed(world, tmp_path) == world.oracle


@pytest.mark.parametrize("what", NEVER_JSON)
def test_f42_an_answer_that_is_no_strict_json_is_kept_apart_with_its_bytes(
    world: World, tmp_path: Path, what: str
) -> None:
    world.front.spoil(fault_called(what), on=PAGED, times=ALWAYS)
    assert refreshed(world, tmp_path) is AnswerRejected
    kept = list((tmp_path / "quarantine").glob("*.bin"))
    assert all(one.stat().st_size > 100 for one in kept)
    assert kept
    assert healed(world, tmp_path) == world.oracle


def test_f06_a_permission_that_one_list_lacks_costs_that_list_and_is_told(world: World, tmp_path: Path) -> None:
    world.front.spoil(fault_called(ONE_LIST), on=BATCH, times=ALWAYS)
    assert refreshed(world, tmp_path) is None
    assert landed(world, tmp_path) == world.oracle  # this Page has no stories
    (told,) = refused_but_large_pages(tmp_path)
    assert (told.graph_name, told.reason) == ("stories", "permission_missing")
    (check,) = (one for one in run_checks(reading(tmp_path, world.sandbox, world.front)) if one.name == "refusals")
    assert not check.is_ok
    assert "stories" in check.found
    assert healed(world, tmp_path) == world.oracle
    assert refused_but_large_pages(tmp_path) == []


def refused_but_large_pages(folder: Path) -> list[Refused]:
    """What Meta refuses but for the pages that are too large for this world."""
    return [one for one in ClientState(folder / "state.sqlite").refusals() if one.place != PAGES]


def test_f09_a_metric_that_died_costs_its_own_values_only(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    living = tuple(rule for rule in rules.POST_METRICS if rule.name != "post_clicks")
    with monkeypatch.context() as patched:
        patched.setattr("ingest.sandbox.insights.POST_METRICS", living)
        assert refreshed(world, tmp_path) is None
        spoiled = landed(world, tmp_path)
    clicks = Counter({fact: count for fact, count in spoiled.items() if fact[-1] == "post_clicks"})
    assert {fact[-2] for fact in clicks} == {"metric_removed"}
    of_others = {fact: count for fact, count in world.oracle.items() if fact[-1] != "post_clicks"}
    assert spoiled - clicks == of_others
    assert healed(world, tmp_path) == world.oracle


def test_f11_a_window_that_is_too_long_is_asked_in_halves(world: World, tmp_path: Path) -> None:
    world.front.spoil(fault_called("a window that is too long"), on=BATCH, times=ALWAYS)
    assert refreshed(world, tmp_path) is None
    assert landed(world, tmp_path) == world.oracle
    days = [date.fromisoformat(b) - date.fromisoformat(a) for a, b in windows_of(tmp_path)]
    assert timedelta(days=15) < max(days) <= timedelta(days=40)
    assert healed(world, tmp_path) == world.oracle


def test_f11_no_window_is_longer_than_meta_allows(world: World, tmp_path: Path) -> None:
    assert refreshed(world, tmp_path) is None
    days = [date.fromisoformat(b) - date.fromisoformat(a) for a, b in windows_of(tmp_path)]
    assert len(days) > 20
    assert max(days) <= timedelta(days=90)


def windows_of(folder: Path) -> list[tuple[str, str]]:
    """From when to when account insights were asked for, as it landed."""
    (file,) = (folder / "landing").rglob("*.zst")
    lines = map(json.loads, zstandard.ZstdDecompressor().decompress(file.read_bytes()).splitlines())
    asked = [line["request"]["params"] for line in lines]
    return [(one["since"], one["until"]) for one in asked if "period" in one]


def test_f21_a_host_that_refuses_is_tried_again_and_a_certificate_that_is_nobodys_stops(
    world: World, tmp_path: Path
) -> None:
    refusing = reading(tmp_path, world.sandbox, world.front).model_copy(update={"graph_url": "http://127.0.0.1:9"})
    with pytest.raises(GraphUnavailable, match="gave no answer") as refused:
        refresh_account(refusing, ROW)
    with self_signed(tmp_path) as address:
        unknown = refusing.model_copy(update={"graph_url": address})
        with pytest.raises(UnsafeAnswer, match="a certificate that is not accepted") as untrusted:
            refresh_account(unknown, ROW)
    secrets = [world.sandbox.tokens.app_secret, *world.sandbox.tokens.given]
    assert all(secret not in f"{one.value}{one.getrepr()}" for one in (refused, untrusted) for secret in secrets)
    assert healed(world, tmp_path) == world.oracle


@contextmanager
def self_signed(folder: Path) -> Iterator[str]:
    """A server with a certificate that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = built.serial_number(1).not_valid_before(MOMENT - timedelta(days=900)).not_valid_after(MOMENT)
    pem = dated.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "cert.pem").write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, *plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem")
    with listening(0) as listener:
        port = listener.getsockname()[1]
        with context.wrap_socket(listener, server_side=True) as secure:
            secure.listen(8)
            threading.Thread(target=shake_hands, args=(secure,), daemon=True).start()
            yield f"https://127.0.0.1:{port}"
            secure.shutdown(socket.SHUT_RDWR)


def shake_hands(secure: ssl.SSLSocket) -> None:
    while secure.fileno() > 0:
        try:
            secure.accept()[0].close()
        except ssl.SSLError:
            continue
        except OSError:
            return


@pytest.mark.parametrize("fault", named("F24"), ids=titled)
def test_f24_what_cannot_be_unpacked_or_is_too_large_is_no_answer(world: World, tmp_path: Path, fault: Fault) -> None:
    world.front.spoil(fault, on=LISTING, times=ALWAYS)
    assert refreshed(world, tmp_path) in (AnswerRejected, AnswerTooLarge)
    assert list((tmp_path / "quarantine").glob("*.bin"))
    assert healed(world, tmp_path) == world.oracle


def test_f25_a_page_of_too_many_bytes_is_asked_for_in_smaller_pages(world: World, tmp_path: Path) -> None:
    world.front.spoil(fault_called(MANY_BYTES), on=LISTING, times=ALWAYS)
    assert refreshed(world, tmp_path) is None
    assert landed(world, tmp_path) == world.oracle
    assert healed(world, tmp_path) == world.oracle


def test_f30_pages_that_go_in_a_circle_are_noticed(world: World, tmp_path: Path) -> None:
    world.front.spoil(fault_called("pages that go in a circle"), on=LATER, times=ALWAYS)
    assert refreshed(world, tmp_path) is UnsafeAnswer
    assert len(world.front.seen) < 10
    assert healed(world, tmp_path) == world.oracle


def test_f33_a_post_that_is_left_out_is_asked_for_and_comes_with_the_next_reading(world: World, tmp_path: Path) -> None:
    world.front.spoil(fault_called("a post that is left out"), on=PAGED)
    assert refreshed(world, tmp_path) is None
    spoiled = landed(world, tmp_path)
    assert len({fact[0] for fact in world.oracle} - {fact[0] for fact in spoiled}) == 1
    assert healed(world, tmp_path) == world.oracle


def test_f35_insights_that_are_missing_are_null_with_a_reason_and_never_zero(world: World, tmp_path: Path) -> None:
    world.front.spoil(fault_called("a post without insights"), on=PAGED)
    assert refreshed(world, tmp_path) is None
    spoiled = landed(world, tmp_path)
    missing = spoiled - world.oracle
    (post,) = {fact[0] for fact in missing}
    assert {(fact[4], fact[7]) for fact in missing} == {(None, "not_yet_available")}
    assert {fact[8] for fact in missing} >= {"post_media_view", "post_total_media_view_unique"}
    assert {fact[0] for fact in world.oracle - spoiled} == {post}
    assert healed(world, tmp_path) == world.oracle


def test_f36_a_number_that_meta_corrects_is_landed_beside_the_earlier_one(world: World, tmp_path: Path) -> None:
    assert refreshed(world, tmp_path) is None
    post = world.sandbox.world.posts_of(PAGE, MOMENT)[0].post_id
    world.sandbox.graph.corrections[post] = 0.5
    corrected = healed(world, tmp_path)
    world.sandbox.graph.corrections.clear()
    assert {fact[0] for fact in corrected - world.oracle} == {post}
    (views,) = (int(str(fact[4])) for fact in world.oracle if fact[0] == post and fact[1] == "views" and not fact[6])
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        both = connection.execute(
            "select value::bigint from raw.snapshots where object_id = ? and graph_name = 'post_media_view' "
            "and breakdown is null order by fetched_at",
            [post],
        ).fetchall()
    assert both == [(views,), (views // 2,)]
    assert healed(world, tmp_path, hours=1.5) == world.oracle


@pytest.mark.parametrize("hours", [1, 24])
def test_f45_a_clock_that_goes_ahead_is_noticed_before_anything_is_built(
    world: World, tmp_path: Path, hours: int
) -> None:
    ahead = reading(tmp_path, world.sandbox, world.front, now=MOMENT + timedelta(hours=hours))
    refresh_account(ahead, ROW)
    settings = reading(tmp_path, world.sandbox, world.front)
    load_landed(settings)
    with pytest.raises(GateStopped, match="fetched_at_is_not_in_the_future"):
        check_landed(settings)
    later = hours + 0.5
    fault_free = healed(world, tmp_path / "elsewhere", hours=later)  # a day later there are other days of the account
    assert healed(world, tmp_path, hours=later) == fault_free


def test_f45_a_clock_that_jumps_back_loses_nothing(world: World, tmp_path: Path) -> None:
    later = reading(tmp_path, world.sandbox, world.front, now=MOMENT + timedelta(hours=1))
    refresh_account(later, ROW)
    settings = reading(tmp_path, world.sandbox, world.front)
    refresh_account(settings, ROW)
    load_landed(later)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        read = connection.execute(
            "select count(distinct object_id) from raw.snapshots where object_kind = 'post' group by fetched_at"
        ).fetchall()
    assert read == [(len(world.sandbox.world.posts_of(PAGE, MOMENT)),)] * 2
    assert healed(world, tmp_path, hours=1.5) == world.oracle


def test_f46_a_post_that_was_deleted_and_restored_is_there_again(world: World, tmp_path: Path) -> None:
    assert refreshed(world, tmp_path) is None
    post = world.sandbox.world.posts_of(PAGE, MOMENT)[0].post_id
    world.sandbox.graph.deleted.add(post)
    later = reading(tmp_path, world.sandbox, world.front, now=MOMENT + timedelta(hours=1))
    refresh_account(later, ROW)
    world.sandbox.graph.deleted.clear()
    assert "post_deleted" in {fact[7] for fact in facts(later) if fact[0] == post}
    assert healed(world, tmp_path, hours=1.5) == world.oracle


def test_f46_a_page_that_is_empty_because_its_posts_are_hidden_goes_on(world: World, tmp_path: Path) -> None:
    hidden = [post.post_id for post in world.sandbox.world.posts_of(PAGE, MOMENT)[:20]]
    world.sandbox.graph.hidden.update(hidden)
    assert refreshed(world, tmp_path) is None
    world.sandbox.graph.hidden.clear()
    objects = {fact[0] for fact in landed(world, tmp_path)}
    assert objects == {fact[0] for fact in world.oracle} - set(hidden)
    assert healed(world, tmp_path) == world.oracle


def test_f48_a_part_of_a_batch_that_did_not_finish_is_asked_again(world: World, tmp_path: Path) -> None:
    world.front.spoil(fault_called("a part of a batch that did not finish"), on=BATCH)
    assert refreshed(world, tmp_path) is None
    assert landed(world, tmp_path) == world.oracle
    assert healed(world, tmp_path) == world.oracle


@pytest.mark.parametrize("times", [1, ALWAYS], ids=["once", "always"])
@pytest.mark.parametrize("fault", named("F49"), ids=titled)
def test_f49_an_answer_about_another_object_never_lands(world: World, tmp_path: Path, fault: Fault, times: int) -> None:
    world.front.spoil(fault, on=BATCH, times=times)
    assert refreshed(world, tmp_path) is None
    found = landed(world, tmp_path)
    assert found <= world.oracle  # nothing of another object
    assert (found == world.oracle) == (times == 1)
    assert bool(list((tmp_path / "quarantine").glob("*.bin"))) == (times == ALWAYS)
    assert healed(world, tmp_path) == world.oracle


def test_f50_a_token_of_another_app_is_told_by_check(world: World, tmp_path: Path) -> None:
    world.front.spoil(fault_called("a token of another app"), on="debug_token", times=ALWAYS)
    settings = reading(tmp_path, world.sandbox, world.front, app_id=world.sandbox.tokens.app_id)
    (token,) = (one for one in run_checks(settings) if one.name == "token 1")
    assert not token.is_ok
    assert f"CAMPAIGN_REACH_APP_ID says {world.sandbox.tokens.app_id}" in token.what_to_do
    assert "warning" in {one.level for one in read_health(settings) if one.name == "token 1"}
    refresh_account(settings, ROW)
    assert facts(settings) == world.oracle  # it reads the same Page: nothing of another one lands
    assert healed(world, tmp_path) == world.oracle
    (token,) = (one for one in run_checks(settings) if one.name == "token 1")
    assert token.is_ok


def test_f51_usage_above_all_lets_the_account_rest_with_what_it_has(world: World, tmp_path: Path) -> None:
    world.front.spoil(fault_called(TOO_FULL), on=PAGED)
    assert refreshed(world, tmp_path) is None
    state = ClientState(tmp_path / "state.sqlite")
    assert state.rests_until(PAGE, at=MOMENT) == MOMENT + timedelta(hours=1)
    found = landed(world, tmp_path)
    assert found < world.oracle  # nothing is invented, and what came before it had landed
    assert healed(world, tmp_path) == world.oracle
