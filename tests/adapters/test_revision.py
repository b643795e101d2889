"""The code revision is known in a checkout, and never in the way elsewhere."""

import re
import subprocess
from pathlib import Path

import pytest

from ingest.adapters.revision import code_revision


def make_checkout(folder: Path) -> None:
    (folder / "file").write_text("1")
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "file"], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=folder, check=True)


def test_a_checkout_gives_version_and_commit(tmp_path: Path) -> None:
    make_checkout(tmp_path)

    assert re.fullmatch(r"\d+\.\d+\.\d+\+[0-9a-f]{12}", code_revision(tmp_path))


def test_changed_files_are_said(tmp_path: Path) -> None:
    make_checkout(tmp_path)
    (tmp_path / "file").write_text("2")

    assert code_revision(tmp_path).endswith(".changed")


def test_outside_a_checkout_it_is_the_version(tmp_path: Path) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", code_revision(tmp_path))


def test_a_damaged_checkout_does_not_stop_it(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("nonsense")

    assert re.fullmatch(r"\d+\.\d+\.\d+", code_revision(tmp_path))


def test_without_git_it_is_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_checkout(tmp_path)
    monkeypatch.setenv("PATH", "")

    assert re.fullmatch(r"\d+\.\d+\.\d+", code_revision(tmp_path))
