"""The pages of all five campaigns in Chromium: both languages, two widths, light and dark, measured from the boxes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.report.page import campaign_page
from tests.report.example import PUBLICATION
from tests.report.test_hostile_texts import TEXTS, hostile
from tests.system.views import SOURCE, Browser

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]
DRAWINGS = {
    "together": 8,
    "differently_different": 7,
    "dream_umbrella": 8,
    "every_child_different_dreams": 7,
    "child_protection": 1,
    "index": 0,
}
"""Views, reach, curve, mix, accounts where there are two, people; surveys or activities where they have numbers."""

PAPER = 688
"""Pixels across a sheet of A4 between its margins."""


@pytest.fixture(scope="module")
def browser(program: Callable[[str], str]) -> Browser:
    return Browser(program("node"), program("npm"), program("chromium"))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the demo, as it is published."""
    folder = tmp_path_factory.mktemp("demo")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_REACH_")}
    command = [str(Path(sys.executable).with_name("campaign-reach")), "demo"]
    subprocess.run(command, cwd=folder, env=plain, capture_output=True, check=True)
    (found,) = (folder / "var" / "published" / "versions").glob("*/report")
    return found


@pytest.fixture(scope="module")
def views(browser: Browser, report: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    plan = tmp_path_factory.mktemp("plan") / "plan.json"
    return browser.look(sorted(report.glob("*.html")), plan, axe=True)


def found(views: list[dict[str, Any]], *kinds: str) -> list[tuple[object, ...]]:
    return [
        (view["page"], view["width"], view["theme"], kind, view[kind]) for view in views for kind in kinds if view[kind]
    ]


def test_every_page_was_seen_in_every_way_and_has_its_charts(views: list[dict[str, Any]]) -> None:
    assert len(views) == 12 * 2 * 2
    assert {(view["page"], view["drawings"]) for view in views} == {
        (f"{name}.{language}.html" if (name, language) != ("index", "en") else "index.html", count)
        for name, count in DRAWINGS.items()
        for language in ("en", "mn")
    }
    assert all(view["font"] for view in views if view["page"] != "index.html")


def test_no_request_leaves_the_machine_and_nothing_is_refused(views: list[dict[str, Any]]) -> None:
    assert found(views, "requests", "alerts", "scripts") == []


def test_nothing_overflows(views: list[dict[str, Any]]) -> None:
    assert [(view["page"], view["width"]) for view in views if view["overflow"] > 0] == []
    assert found(views, "scrolled") == []


def test_no_label_overlaps_another_or_is_clipped(views: list[dict[str, Any]]) -> None:
    assert found(views, "overlaps", "clipped") == []


def test_no_text_is_below_twelve_pixels_and_all_of_it_stands_out(views: list[dict[str, Any]]) -> None:
    assert found(views, "small", "faint") == []


def test_axe_finds_no_serious_fault(views: list[dict[str, Any]]) -> None:
    assert found(views, "faults") == []


def test_on_paper_every_page_is_light_whole_and_has_its_charts(browser: Browser, report: Path, tmp_path: Path) -> None:
    pages = sorted(report.glob("*.html"))
    views = browser.look(pages, tmp_path / "plan.json", widths=[PAPER], themes=["dark"], media="print")
    assert len(views) == 12
    assert {view["drawings"] for view in views} == set(DRAWINGS.values())
    assert found(views, "overlaps", "clipped", "faint", "scrolled") == []
    assert [view["page"] for view in views if view["overflow"] > 0] == []


def test_a_page_with_every_fault_fails_every_measure(browser: Browser, tmp_path: Path) -> None:
    (view,) = browser.look([SOURCE / "control.html"], tmp_path / "plan.json", widths=[360], themes=["light"], axe=True)
    assert "overlapping one / overlapping two" in view["overlaps"]
    assert "clipped at the edge" in view["clipped"]
    assert view["small"] == ["too small"]
    assert view["faint"] == ["too faint"]
    assert view["overflow"] > 0
    assert view["requests"] == ["https://example.invalid/x.png"]
    assert view["scripts"] == 1
    assert any(fault.startswith("image-alt") for fault in view["faults"])


def test_hostile_texts_do_nothing_in_a_real_browser(browser: Browser, tmp_path: Path) -> None:
    pages = []
    for part in range(2):
        page = tmp_path / f"hostile{part}.html"
        html = campaign_page(hostile(TEXTS[part * 200 : part * 200 + 200]), PUBLICATION, "en").html
        page.write_text(html, encoding="utf-8")
        pages.append(page)
    for view in browser.look(pages, tmp_path / "plan.json", themes=["light"]):
        assert (view["requests"], view["alerts"], view["scripts"]) == ([], [], 0)
        assert view["overflow"] <= 0
