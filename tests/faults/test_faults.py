"""One test per fault: its outcome, nothing lost, nothing invented; after it clears, the facts are as without it."""

import json
import socket
import ssl
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import jinja2
import pytest
import zstandard
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.graph import access
from ingest.adapters.graph.answers import AnswerRejected
from ingest.adapters.registry import read_registry
from ingest.check import run_checks
from ingest.domain.errors import (
    CampaignReachError,
    GateStopped,
    GraphUnavailable,
    RateLimited,
    RequestRefused,
    TokenRefused,
    UnsafeAnswer,
)
from ingest.sandbox import rules
from ingest.sandbox.faults import FAULTS, Fault, FaultFront, evil_host, faulty
from ingest.sandbox.server import Sandbox, listening, running_sandbox
from ingest.settings import PROJECT, Settings
from ingest.steps.check_landed import check_landed
from ingest.steps.load import load_landed
from ingest.steps.refresh import refresh_account
from tests.conftest import MOMENT, settings_in

PAGE = "104857600000201"
ROW = {"account_id": PAGE, "platform": "facebook"}
LISTING, PAGED, BATCH = "published_posts", "limit=6", "/v26.0?"
"""Parts of addresses: the listing, the listing when the page is small enough, a batch."""
ALWAYS = 99
Fact = tuple[object, ...]
FACTS = """
    select object_id, graph_name, period, end_time, breakdown_value, arg_max(value, fetched_at), max(reason)
    from raw.snapshots group by all
"""


@dataclass(frozen=True)
class World:
    """What all tests share: the sandbox, the front before it, the evil host, and the fault-free facts."""

    sandbox: Sandbox
    front: FaultFront
    came_to_evil: list[bytes]
    oracle: Counter[Fact]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: MOMENT))
        sandbox.graph.page_cap = 10
        evil, came = stack.enter_context(evil_host())
        front = stack.enter_context(faulty(sandbox.url, evil=evil))
        settings = reading(tmp_path_factory.mktemp("oracle"), sandbox, front)
        refresh_account(settings, ROW)
        yield World(sandbox, front, came, facts(settings))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Short patience and small caps, so that no test waits; an empty script; Pages that are known already."""
    monkeypatch.setattr("ingest.adapters.graph.retrying.LONGEST_WAIT_SECONDS", 0)
    monkeypatch.setattr("ingest.adapters.graph.session.READ_SECONDS", 1.0)
    monkeypatch.setattr("ingest.adapters.graph.session.TOTAL_SECONDS", 1.5)
    monkeypatch.setattr("ingest.adapters.graph.session.LARGEST_BODY", 4 * 1024 * 1024)
    world.front.script.clear()
    world.front.seen.clear()
    world.sandbox.graph.calls.clear()


def reading(folder: Path, sandbox: Sandbox, front: FaultFront, **overrides: object) -> Settings:
    own = {
        "graph_url": front.url,
        "app_secrets": sandbox.tokens.app_secret,
        "access_tokens": sandbox.tokens.system_user.value,
    }
    settings = settings_in(folder, **(own | overrides))
    access._pages_of_process(settings)
    return settings


def facts(settings: Settings) -> Counter[Fact]:
    load_landed(settings)
    check_landed(settings)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return Counter(connection.execute(FACTS).fetchall())


def refreshed(world: World, folder: Path) -> type[CampaignReachError] | None:
    """Refresh once; what it raised, if it did."""
    raised: CampaignReachError | None = None
    try:
        refresh_account(reading(folder, world.sandbox, world.front), ROW)
    except CampaignReachError as error:
        raised = error
    assert all(token not in str(raised) for token in world.sandbox.tokens.given)
    return type(raised) if raised else None


def healed(world: World, folder: Path) -> Counter[Fact]:
    """The facts after the fault has cleared and the account was read again, an hour later."""
    world.front.script.clear()
    (folder / "state.sqlite").unlink(missing_ok=True)
    settings = reading(folder, world.sandbox, world.front, now=MOMENT + timedelta(hours=1))
    refresh_account(settings, ROW)
    return facts(settings)


REJECTED = ("F13", "F16", "F17", "F18", "F25", "F41")
GONE = ("F14", "F15", "F19", "F20", "F22", "F23")
RAISED: dict[str, type[CampaignReachError]] = {
    "F01": GraphUnavailable,
    "F02": RateLimited,
    "F03": RateLimited,
    "F04": RateLimited,
    "F05": TokenRefused,
    "F06": TokenRefused,
    "F07": TokenRefused,
    "F08": RequestRefused,
    "F10": RequestRefused,
    "F12": RequestRefused,
    "F26": UnsafeAnswer,
    "F31": RequestRefused,
    **dict.fromkeys(REJECTED, AnswerRejected),
    **dict.fromkeys(GONE, GraphUnavailable),
}
"""What a refresh raises when every answer of the listing is spoiled so, by the number of the fault."""
PASSING = {number for number, kind in RAISED.items() if kind in (GraphUnavailable, AnswerRejected)} | {"F10", "F31"}
"""Faults that pass by themselves: one spoiled answer is asked for again, and nobody notices."""
LANDS = ("F27", "F28", "F29", "F32", "F34", "F35", "F37", "F38", "F39", "F40", "F42", "F44", "F51")


def named(*numbers: str) -> list[object]:
    chosen = [fault for fault in FAULTS if fault.number in numbers]
    return [pytest.param(fault, id=f"{fault.number}-{fault.what}"[:60]) for fault in chosen]


@pytest.mark.parametrize("fault", named(*RAISED))
def test_a_fault_that_stays_stops_the_account_and_nothing_lands(world: World, tmp_path: Path, fault: Fault) -> None:
    world.front.spoil(fault, on=LISTING, times=ALWAYS)
    assert refreshed(world, tmp_path) is RAISED[fault.number]
    assert not list((tmp_path / "landing").rglob("*.zst"))
    rejected = list((tmp_path / "quarantine").glob("*.bin"))
    assert bool(rejected) == (RAISED[fault.number] is AnswerRejected)
    assert healed(world, tmp_path) == world.oracle
    assert world.came_to_evil == []


@pytest.mark.parametrize("fault", named(*PASSING))
def test_a_fault_that_passes_is_asked_again_and_nobody_notices(world: World, tmp_path: Path, fault: Fault) -> None:
    world.front.spoil(fault, on=LISTING)
    assert refreshed(world, tmp_path) is None
    assert facts(reading(tmp_path, world.sandbox, world.front)) == world.oracle


UNREADABLE = {"a number that is NaN", "a number of 4,000 digits", "bytes that are no UTF-8", "a byte order mark"}


@pytest.mark.parametrize(
    "fault",
    [one for one in named(*LANDS) if one.values[0].what not in UNREADABLE],  # type: ignore[attr-defined]
)
def test_a_page_with_one_odd_thing_lands_and_the_next_reading_heals_it(
    world: World, tmp_path: Path, fault: Fault
) -> None:
    world.front.spoil(fault, on="after=" if fault.number == "F29" else PAGED)
    assert refreshed(world, tmp_path) is None
    spoiled = facts(reading(tmp_path, world.sandbox, world.front))
    assert {fact[:3] for fact in spoiled} <= {fact[:3] for fact in world.oracle}  # nothing is invented
    lost = {fact[0] for fact in world.oracle} - {fact[0] for fact in spoiled}
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        waiting = {one for (one,) in connection.execute("select object_id from raw.quarantine").fetchall()}
    assert lost == waiting  # nothing is lost: what is not in raw waits in quarantine
    after = healed(world, tmp_path)
    assert Counter({fact[:6]: count for fact, count in after.items()}) == Counter(
        {fact[:6]: count for fact, count in world.oracle.items()}
    )
    assert world.came_to_evil == []


@pytest.mark.parametrize(
    "fault",
    [one for one in named("F39", "F40", "F42") if one.values[0].what in UNREADABLE],  # type: ignore[attr-defined]
)
def test_an_answer_that_is_no_strict_json_is_kept_apart_with_its_bytes(
    world: World, tmp_path: Path, fault: Fault
) -> None:
    world.front.spoil(fault, on=PAGED, times=ALWAYS)
    assert refreshed(world, tmp_path) is AnswerRejected
    (kept,) = (tmp_path / "quarantine").glob("*.bin")
    assert kept.stat().st_size > 100
    assert healed(world, tmp_path) == world.oracle


def test_f09_a_metric_that_died_costs_its_own_values_only(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    living = tuple(rule for rule in rules.POST_METRICS if rule.name != "post_clicks")
    with monkeypatch.context() as patched:
        patched.setattr("ingest.sandbox.insights.POST_METRICS", living)
        assert refreshed(world, tmp_path) is None
        spoiled = facts(reading(tmp_path, world.sandbox, world.front))
    clicks = {fact for fact in spoiled if fact[1] == "post_clicks"}
    assert {fact[-1] for fact in clicks} == {"metric_removed"}
    assert spoiled - Counter(clicks) == Counter(
        {fact: n for fact, n in world.oracle.items() if fact[1] != "post_clicks"}
    )
    assert {fact[:6] for fact in healed(world, tmp_path)} >= {fact[:6] for fact in world.oracle}


def test_f11_no_window_is_longer_than_meta_allows(world: World, tmp_path: Path) -> None:
    assert refreshed(world, tmp_path) is None
    (landed,) = (tmp_path / "landing").rglob("*.zst")
    lines = map(json.loads, zstandard.ZstdDecompressor().decompress(landed.read_bytes()).splitlines())
    asked = [line["request"]["params"] for line in lines if "period" in line["request"]["params"]]
    days = [date.fromisoformat(one["until"]) - date.fromisoformat(one["since"]) for one in asked]
    assert len(days) > 20
    assert max(days) <= timedelta(days=90)


def test_f21_a_host_that_refuses_and_a_certificate_that_is_nobodys(world: World, tmp_path: Path) -> None:
    refusing = reading(tmp_path, world.sandbox, world.front).model_copy(update={"graph_url": "http://127.0.0.1:9"})
    with pytest.raises(GraphUnavailable, match="gave no answer") as refused:
        refresh_account(refusing, ROW)
    with self_signed(tmp_path) as address:
        unknown = refusing.model_copy(update={"graph_url": address})
        with pytest.raises(GraphUnavailable, match="its certificate was not accepted") as untrusted:
            refresh_account(unknown, ROW)
    assert all(token not in f"{one.value}{one.getrepr()}" for one in (refused, untrusted) for token in tokens(world))


def tokens(world: World) -> list[str]:
    return list(world.sandbox.tokens.given)


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


def test_f33_a_post_that_is_left_out_comes_with_the_next_reading(world: World, tmp_path: Path) -> None:
    (left_out,) = (fault for fault in FAULTS if fault.number == "F33")
    world.front.spoil(left_out, on=PAGED)
    assert refreshed(world, tmp_path) is None
    spoiled = facts(reading(tmp_path, world.sandbox, world.front))
    assert len({fact[0] for fact in world.oracle} - {fact[0] for fact in spoiled}) == 1
    assert {fact[:6] for fact in healed(world, tmp_path)} == {fact[:6] for fact in world.oracle}


def test_f36_a_number_that_meta_corrects_is_landed_beside_the_earlier_one(world: World, tmp_path: Path) -> None:
    assert refreshed(world, tmp_path) is None
    post = world.sandbox.world.posts_of(PAGE, MOMENT)[0].post_id
    world.sandbox.graph.corrections[post] = 0.5
    corrected = {fact[:6] for fact in healed(world, tmp_path)}
    world.sandbox.graph.corrections.clear()
    assert {fact[0] for fact in corrected - {fact[:6] for fact in world.oracle}} == {post}


def test_f45_a_clock_that_goes_ahead_is_noticed_before_anything_is_built(world: World, tmp_path: Path) -> None:
    ahead = reading(tmp_path, world.sandbox, world.front, now=MOMENT + timedelta(hours=1))
    refresh_account(ahead, ROW)
    settings = reading(tmp_path, world.sandbox, world.front)
    load_landed(settings)
    with pytest.raises(GateStopped, match="fetched_at_is_not_in_the_future"):
        check_landed(settings)


def test_f46_a_post_that_was_deleted_and_restored_is_there_again(world: World, tmp_path: Path) -> None:
    assert refreshed(world, tmp_path) is None
    post = world.sandbox.world.posts_of(PAGE, MOMENT)[0].post_id
    world.sandbox.graph.deleted.add(post)
    later = reading(tmp_path, world.sandbox, world.front, now=MOMENT + timedelta(hours=1))
    refresh_account(later, ROW)
    assert "post_deleted" in {fact[-1] for fact in facts(later) if fact[0] == post}
    world.sandbox.graph.deleted.clear()
    last = reading(tmp_path, world.sandbox, world.front, now=MOMENT + timedelta(hours=2))
    refresh_account(last, ROW)
    assert {fact[:6] for fact in facts(last)} >= {fact[:6] for fact in world.oracle}


def test_f50_a_token_of_another_app_is_told_by_check(world: World, tmp_path: Path) -> None:
    settings = reading(tmp_path, world.sandbox, world.front, app_id="4711")
    (token,) = (one for one in run_checks(settings) if one.name == "token 1")
    assert not token.is_ok
    assert "CAMPAIGN_REACH_APP_ID says 4711" in token.what_to_do


def test_f24_what_is_packed_too_large_is_refused_before_it_fills_the_memory(world: World, tmp_path: Path) -> None:
    bomb, broken, unknown = (fault for fault in FAULTS if fault.number == "F24")
    for fault, raised in ((bomb, UnsafeAnswer), (broken, GraphUnavailable), (unknown, AnswerRejected)):
        world.front.script = [(LISTING, fault, ALWAYS)]
        assert refreshed(world, tmp_path / fault.what) is raised
        assert healed(world, tmp_path / fault.what) == world.oracle


def test_f30_pages_that_go_in_a_circle_are_noticed(world: World, tmp_path: Path) -> None:
    (circle,) = (fault for fault in FAULTS if fault.number == "F30")
    world.front.spoil(circle, on="after=", times=ALWAYS)
    assert refreshed(world, tmp_path) is UnsafeAnswer
    assert len(world.front.seen) < 10
    assert healed(world, tmp_path) == world.oracle


def test_f31_a_cursor_that_is_over_in_the_middle_begins_the_edge_again(world: World, tmp_path: Path) -> None:
    (over,) = (fault for fault in FAULTS if fault.number == "F31")
    world.front.spoil(over, on="after=")
    assert refreshed(world, tmp_path) is None
    assert facts(reading(tmp_path, world.sandbox, world.front)) == world.oracle


def test_f48_a_part_of_a_batch_that_did_not_finish_is_asked_again(world: World, tmp_path: Path) -> None:
    (unfinished,) = (fault for fault in FAULTS if fault.number == "F48")
    world.front.spoil(unfinished, on=BATCH)
    assert refreshed(world, tmp_path) is None
    assert facts(reading(tmp_path, world.sandbox, world.front)) == world.oracle


def test_f49_an_answer_about_another_object_never_lands(world: World, tmp_path: Path) -> None:
    (other,) = (fault for fault in FAULTS if fault.number == "F49")
    world.front.spoil(other, on=BATCH)
    assert refreshed(world, tmp_path) is None
    settings = reading(tmp_path, world.sandbox, world.front)
    assert facts(settings) == world.oracle
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        assert connection.execute("select count(*) from raw.accounts where account_id = '999'").fetchall() == [(0,)]


UNSEEN = ("", "\u200b", "\u200f", "\u202a", "\u2066", "\ufeff", "\u00ad", "\u200d")


@given(data=st.data())
def test_f43_a_hashtag_is_found_however_it_was_typed(data: st.DataObject) -> None:
    macro = (PROJECT / "dbt_project" / "macros" / "normalised.sql").read_text(encoding="utf-8")
    normalised = jinja2.Template(macro).module.normalised("?")  # type: ignore[attr-defined]
    shape = data.draw(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
    mark = data.draw(st.sampled_from(["#", "＃"]))
    letters = [
        data.draw(st.sampled_from([str.upper, str.lower]))(letter) + data.draw(st.sampled_from(UNSEEN))
        for letter in data.draw(st.sampled_from(["ХүүхэдБүрӨөрМөрөөдөл", "ХvvхэдБvр", "Ялгаатай", "Йод"]))
    ]
    plain = "".join(letter[0] for letter in letters)
    typed = mark + unicodedata.normalize(shape, "".join(letters))
    found, wanted = duckdb.sql(f"select {normalised}, {normalised}", params=[typed, f"#{plain}"]).fetchall()[0]
    assert found == wanted
