"""The report of a publication: drawn from the published file, whole or not at all."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from ingest.domain.errors import SomebodyMustAct, StorageFailed
from ingest.settings import Settings
from ingest.steps.publish import has_report, publish_marts
from ingest.steps.report import write_report
from ingest.steps.report_facts import read_facts
from tests.conftest import MOMENT, settings_in
from tests.report.markup import Page
from tests.report.test_hostile_texts import broken
from tests.two_campaigns import make_warehouse


@pytest.fixture
def published(settings: Settings) -> Path:
    make_warehouse(settings.warehouse_path)
    return publish_marts(settings).path


def test_every_campaign_has_a_page_in_each_language_beside_an_index(published: Path, tmp_path: Path) -> None:
    report = write_report(published, tmp_path / "report")

    with duckdb.connect(str(published), read_only=True) as connection:
        ids = [one for (one,) in connection.execute("select campaign_id from marts.dim_campaigns").fetchall()]
    pages = {f"{one}.{language}.html" for one in ids for language in ("en", "mn")}
    assert {path.name for path in (tmp_path / "report").iterdir()} == pages | {"index.html", "index.mn.html"}
    assert (report.pages, report.pictures) == (len(pages) + 2, 0)
    assert report.index == tmp_path / "report" / "index.html"


def test_a_page_says_which_publication_it_was_drawn_from(published: Path, tmp_path: Path) -> None:
    report = write_report(published, tmp_path / "report")

    with duckdb.connect(str(published), read_only=True) as connection:
        ((content_hash,),) = connection.execute("select content_hash from marts.publication").fetchall()
    text = Page(report.index.read_text(encoding="utf-8")).text
    assert content_hash in text
    assert report.version in text


def test_the_numbers_of_the_facts_are_those_of_the_marts(published: Path) -> None:
    with duckdb.connect(str(published), read_only=True) as connection:
        rows = connection.execute("select campaign_id, posts, views, duplicated_reach from marts.agg_campaign_reach")
        expected = {row[0]: row[1:] for row in rows.fetchall()}
    for campaign in read_facts(published).campaigns:
        if campaign.campaign_id in expected:
            assert (campaign.posts, campaign.views, campaign.duplicated_reach) == expected[campaign.campaign_id]


def test_the_same_publication_gives_the_same_bytes(published: Path, tmp_path: Path) -> None:
    first = write_report(published, tmp_path / "first").index.parent
    second = write_report(published, tmp_path / "second").index.parent
    assert [path.read_bytes() for path in sorted(first.iterdir())] == [
        path.read_bytes() for path in sorted(second.iterdir())
    ]


def test_each_chart_is_a_picture_for_slides_if_wanted(published: Path, tmp_path: Path) -> None:
    report = write_report(published, tmp_path / "report", with_png=True, only=("oyu",))

    slides = sorted((tmp_path / "report" / "slides").iterdir())
    pages = [(tmp_path / "report" / f"oyu.{language}.html").read_text(encoding="utf-8") for language in ("en", "mn")]
    charts = sum(len(Page(page).named("svg")) // 2 for page in pages)  # each is drawn for two widths
    assert report.pictures == len(slides) == charts > 0
    assert all(path.name.startswith("oyu.") and path.read_bytes().startswith(b"\x89PNG") for path in slides)


HOSTILE = """
update marts.dim_campaigns set campaign_name = '<script>alert(1)</script>' || chr(0) || chr(8238);
update marts.dim_campaigns set organisation = $$'"><img src=x onerror=alert(1)>$$;
update marts.dim_phases set phase_name = '</style><script>alert(1)</script>' || repeat('x ', 50000);
update marts.dim_accounts set account_name = '<a href="javascript:alert(1)">' || chr(8297);
update marts.dim_posts set permalink = 'javascript:alert(1)';
update marts.agg_published_figures set as_published = '<iframe src=https://evil.example>', reason = '<!-- ' || chr(27);
"""


def test_hostile_texts_of_a_publication_leave_no_active_content_in_its_report(published: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.duckdb"
    hostile.write_bytes(Path(published).read_bytes())
    with duckdb.connect(str(hostile)) as connection:
        connection.execute(HOSTILE)

    report = write_report(hostile, tmp_path / "report")

    for page in report.index.parent.glob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert broken(html) == []
        assert not set(html) & set("\x00\x1b\u202e\u2069")
    assert "&lt;script&gt;alert(1)" in report.index.read_text(encoding="utf-8")


def test_a_report_replaces_the_one_before_and_leaves_nothing_else(published: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "report").mkdir(parents=True)
    (tmp_path / "out" / "report" / "old.html").write_text("old")

    write_report(published, tmp_path / "out" / "report")

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report"]
    assert not (tmp_path / "out" / "report" / "old.html").exists()


def test_what_is_no_publication_is_one_message_and_leaves_the_old_report(published: Path, tmp_path: Path) -> None:
    report = write_report(published, tmp_path / "report")
    before = report.index.read_bytes()
    (tmp_path / "broken.duckdb").write_bytes(b"this is no DuckDB file" * 100)

    for source in (tmp_path / "broken.duckdb", tmp_path / "missing.duckdb"):
        with pytest.raises(StorageFailed, match="cannot be read as a publication"):
            write_report(source, tmp_path / "report")

    assert report.index.read_bytes() == before


def test_a_campaign_that_is_not_published_is_named(published: Path, tmp_path: Path) -> None:
    with pytest.raises(SomebodyMustAct, match="No campaign nobody in"):
        write_report(published, tmp_path / "report", only=("nobody",))
    assert not (tmp_path / "report").exists()


def test_a_version_carries_its_report_and_the_manifest_names_every_page(settings: Settings) -> None:
    make_warehouse(settings.warehouse_path)
    published = publish_marts(settings)

    pages = {path.name for path in (Path(published.path).parent / published.manifest.folder / "report").iterdir()}
    assert {f"report/{page}" for page in pages} <= {file.path for file in published.manifest.files}
    assert {"index.html", "index.mn.html", "oyu.en.html", "tenger.mn.html"} == pages - {"oyu.mn.html", "tenger.en.html"}


def test_numbers_do_not_wait_for_pictures_and_the_next_publication_draws_them(settings: Settings) -> None:
    make_warehouse(settings.warehouse_path)
    first = publish_marts(settings, with_report=False)
    assert not has_report(first.manifest)
    assert not publish_marts(settings, with_report=False).is_new

    later = settings_in(settings.warehouse_path.parent, now=MOMENT + timedelta(minutes=10))
    second = publish_marts(later)

    assert second.is_new
    assert has_report(second.manifest)
    assert second.manifest.content_hash == first.manifest.content_hash
    assert not publish_marts(later).is_new
    assert not publish_marts(later, with_report=False).is_new
