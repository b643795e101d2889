"""Verify: a single flipped bit anywhere in landing or publication is found and named."""

import hashlib
import json
import os
import random
import shutil
from pathlib import Path

import pytest

from ingest.adapters.landing.envelope import Attachment, Batch, Received, Request
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.landing.removals import Removal
from ingest.domain.findings import Finding
from ingest.settings import Settings
from ingest.steps.load import load_landed
from ingest.steps.verify import plan_verify, verify
from ingest.steps.verify_landing import looks_at_landing
from tests.steps.served_world import run
from tests.worked_example import READ_AT

SEED = 20261122


def wrong(settings: Settings) -> list[Finding]:
    return [one for one in verify(plan_verify(settings)) if one.is_wrong]


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.chmod(0o644)
    path.write_bytes(bytes(content))


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


@pytest.fixture
def landed_more(served: Settings, tmp_path: Path) -> Settings:
    """A world with a cleaned body and an imported file as well."""
    landing = open_landing(served)
    odd = Received(
        Request("post", "900_9"), b'{"id":"900_9","message":"\\ud83d","created_time":"2024-03-05"}', 200, "v26.0"
    )
    landing.write(Batch("api", "facebook", "900", READ_AT, (odd,)))
    export = tmp_path / "export.csv"
    export.write_text("Post ID,Views\n900_1,7\n")
    digest = hashlib.sha256(export.read_bytes()).hexdigest()
    line = Received(Request("file", "export.csv"), b"{}")
    landing.write(Batch("webhook", "facebook", "900", READ_AT, (line,), Attachment(export, digest, "csv")))
    load_landed(served)
    return served


def test_a_world_that_nobody_touched_is_whole(landed_more: Settings) -> None:
    assert verify(plan_verify(landed_more)) == []


def test_a_flipped_bit_in_any_landed_file_or_attachment_is_found_and_named(landed_more: Settings) -> None:
    root, dice = Path(landed_more.landing_uri), random.Random(SEED)  # noqa: S311
    files = files_below(root)
    assert {path.suffix for path in files} == {".zst", ".bin", ".csv"}
    for path in files:
        before = path.read_bytes()
        for bit in (4 * 8 + 4, *dice.sample(range(len(before) * 8), 3)):
            flip(path, bit)
            named = [Path(root / one.where.split(" line ")[0]) for one in wrong(landed_more)]
            assert any(one.name.split(".")[0] == path.name.split(".")[0] for one in named), (path, bit)
            path.write_bytes(before)


def test_a_flipped_bit_of_a_file_that_was_not_loaded_yet_is_found_too(served: Settings) -> None:
    path = min(files_below(Path(served.landing_uri)), key=lambda one: one.stat().st_size)
    before, landing = path.read_bytes(), open_landing(served)
    key = path.relative_to(served.landing_uri).as_posix()
    unseen = []
    for bit in range(0, len(before) * 8, 1 if len(before) < 300 else 5):
        flip(path, bit)
        (look,) = (look for look in looks_at_landing(landing, {}).looks if look.where == key)
        if not any(one.is_wrong for one in look.find()):
            unseen.append(bit)
    path.write_bytes(before)
    assert unseen == []
    (look,) = (look for look in looks_at_landing(landing, {}).looks if look.where == key)
    assert [one.is_wrong for one in look.find()] == [False]


def test_a_flipped_bit_in_any_published_file_is_found_and_named(served: Settings) -> None:
    root, dice = Path(served.published_uri), random.Random(SEED)  # noqa: S311
    os.unlink(root / "campaign_reach.duckdb")  # noqa: PTH108 - a second name of the same file
    for path in files_below(root):
        before = path.read_bytes()
        for bit in dice.sample(range(len(before) * 8), 2):
            flip(path, bit)
            found = wrong(served)
            assert any(path.relative_to(root).as_posix() == one.where for one in found), (path, bit, found)
        path.write_bytes(before)
    assert wrong(served) == []


def test_every_byte_of_a_manifest_counts(served: Settings) -> None:
    path = Path(served.published_uri) / "manifest.json"
    before = path.read_bytes()
    for byte in range(0, len(before), 397):
        flip(path, byte * 8)
        assert "manifest.json" in {one.where for one in wrong(served)}, before[byte : byte + 20]
        path.write_bytes(before)


def test_what_is_missing_and_what_is_too_much_is_named(served: Settings) -> None:
    landing, published = Path(served.landing_uri), Path(served.published_uri)
    gone = files_below(landing)[0]
    gone.unlink()
    (landing / "api" / "stray.csv").write_text("x")
    (published / "versions" / "stray.txt").write_text("x")
    parquet = next(published.rglob("dim_posts.parquet"))
    parquet.unlink()
    (parquet.parent / "more.parquet").write_text("x")
    found = {one.where: one.what for one in wrong(served)}
    assert found == {
        gone.relative_to(landing).as_posix(): "is gone: it was loaded. Restore it from a backup",
        "api/stray.csv": "lies beside no landed file",
        "versions/stray.txt": "belongs to no version: no manifest names it",
        parquet.relative_to(published).as_posix(): "is gone: its manifest names it",
        (parquet.parent / "more.parquet").relative_to(published).as_posix(): "is named by no manifest",
    }


def test_a_file_that_is_not_in_the_load_log_is_named_and_is_no_fault(served: Settings) -> None:
    line = Received(Request("page", "901"), b'{"id":"901","name":"x"}', 200, "v26.0")
    key = open_landing(served).write(Batch("api", "facebook", "901", READ_AT, (line,)))
    assert verify(plan_verify(served)) == [
        Finding(key, "is not in the load log: it was not loaded yet", is_wrong=False)
    ]


def test_what_was_removed_is_named_and_a_file_that_was_to_go_is_a_fault(served: Settings) -> None:
    from ingest.adapters.landing.removals import RemovedFrom

    landing = open_landing(served)
    key = landing.landed_keys()[-1]
    removal = Removal("2026-01-01T00:00:00Z", "expired", None, (RemovedFrom(key, "0" * 64, None),))
    landing.put_new(removal.key, removal.as_bytes())
    found = verify(plan_verify(served))
    assert Finding(key, "was to be removed and is still there: run the same removal again") in found
    landing.take_out(key, None)
    found = verify(plan_verify(served))
    said = "expired on 2026-01-01: 0 lines rewritten, 1 files removed"
    assert found == [Finding(removal.key, said, is_wrong=False)]
    flip(landing.local_path(removal.key), 80)
    assert removal.key in {one.where for one in wrong(served)}


def test_where_nothing_lies_there_is_nothing_to_verify_and_that_is_not_well(settings: Settings) -> None:
    found = [one for one in verify(plan_verify(settings)) if one.is_wrong]
    assert [(one.where, "nothing to verify" in one.what) for one in found] == [
        (settings.landing_uri, True),
        (settings.published_uri, True),
    ]
    ran = run(settings, "verify")
    assert (ran.returncode, "nothing has landed" in ran.stdout) == (1, True)
    assert "as it was written" not in ran.stdout


def test_a_publication_without_its_landing_is_verified_and_says_what_is_missing(served: Settings) -> None:
    shutil.rmtree(served.landing_uri)
    served.warehouse_path.unlink()
    found = {one.where: one for one in verify(plan_verify(served))}
    assert "nothing has landed" in found[served.landing_uri].what
    assert not any(one.is_wrong for one in found.values())


def test_the_command_says_what_is_wrong_and_its_status_says_so(served: Settings) -> None:
    ran = run(served, "verify")
    assert (ran.returncode, "everything is as it was written" in ran.stdout) == (0, True)
    path = files_below(Path(served.landing_uri))[0]
    flip(path, 99)
    ran = run(served, "verify", "--json")
    facts = [one for one in json.loads(ran.stdout) if one["is_wrong"]]
    assert (ran.returncode, len(facts), path.as_posix().endswith(facts[0]["where"])) == (1, 1, True)
