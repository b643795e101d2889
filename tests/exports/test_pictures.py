"""The pictures of the how-tos show what a dry run says today."""

import pytest

from tests.exports.pictures import FOLDER, PICTURES, drawn, said


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_picture_says_what_a_dry_run_says(name: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    there = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert said(there) == said(drawn(name)), "draw it anew: python -m tests.exports.pictures"
    assert "http" not in there.replace("http://www.w3.org/2000/svg", "")


def test_the_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 300_000
