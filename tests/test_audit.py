"""Audit: the bill of materials names every pinned package, and an audit that could not be made is not called clean."""

import json
import re
from pathlib import Path

import pytest

from ingest.audit import LOCK, judged, write_sbom
from tests.readers.pinned import pinned_readers

CLEAN = {"name": "a", "version": "1", "vulns": []}
FLAWED = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"], "aliases": []}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found on PyPI and could not be audited: c (1)"}


@pytest.mark.timeout(300)
def test_the_bill_of_materials_names_every_pinned_package_with_its_hashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = pinned_readers("audit")
    monkeypatch.setenv("PYTHONPATH", str(programs))
    path = write_sbom(programs / "bin", tmp_path / "dist")
    bill = json.loads(path.read_text())
    pins = dict(re.findall(r"^([\w.-]+)(?:\[.*?\])?==(\S+)", LOCK.read_text(), re.MULTILINE))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == "campaign-reach"
    assert re.fullmatch(r"campaign-reach-\d+\.\d+\.\d+\.cdx\.json", path.name)
    assert {one["name"] for one in bill["components"]} == set(pins)
    assert all(one["purl"].startswith(f"pkg:pypi/{one['name']}@{one['version']}") for one in bill["components"])
    assert all(one["externalReferences"][0]["hashes"][0]["alg"] == "SHA-256" for one in bill["components"])


@pytest.mark.parametrize(
    ("packages", "status", "said"),
    [
        ([CLEAN, SKIPPED], 0, "1 pinned packages asked for, 0 known vulnerabilities\n  not asked for"),
        ([CLEAN, FLAWED], 1, "b 2: PYSEC-1, mended in 3"),
        ([SKIPPED], 0, "NOT ASKED: no advisory service answers here, for none of 1 packages"),
    ],
)
def test_what_is_known_fails_and_what_nobody_could_say_is_said(packages: list[object], status: int, said: str) -> None:
    advice = judged(json.dumps({"dependencies": packages}), "")
    assert (advice.status, said in advice.said) == (status, True)


@pytest.mark.parametrize(
    ("errors", "status", "said"),
    [
        ("Traceback\nrequests.exceptions.ConnectionError: Name or service not known", 0, "NOT ASKED: requests"),
        ("ERROR:pip_audit._cli:invalid requirements input", 1, "FAILED: ERROR:pip_audit"),
        ("", 1, "FAILED: pip-audit said nothing"),
    ],
)
def test_only_a_service_that_is_away_is_no_failure(errors: str, status: int, said: str) -> None:
    advice = judged("", errors)
    assert (advice.status, said in advice.said) == (status, True)
