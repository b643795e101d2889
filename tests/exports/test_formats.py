"""Every product that is known, in its own format: what is recognised, and what its rows become."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from ingest.adapters.exports.copies import copy_file
from ingest.adapters.exports.dialects import Dialect, dialects
from ingest.adapters.exports.headers import headed
from ingest.adapters.exports.text_tables import text_sheets
from ingest.settings import Settings
from tests.exports.composed import (
    INSTAGRAM,
    PAGE,
    ask,
    brought_in,
    facebook_post,
    facts_of,
    instagram_post,
    refusal,
    table,
    text_of,
    values,
    written,
)

YOUTUBE, TIKTOK = "UCdreamumbrella0000000001", "@iom.mongolia"


def as_file(form: str, folder: Path, rows: Sequence[Sequence[object]]) -> Path:
    """Rows as the product writes them: a workbook, or CSV."""
    if form == "xlsx":
        return workbook(folder, rows)
    return written(folder, text_of([[str(cell) for cell in row] for row in rows]))


FORMS = pytest.mark.parametrize("form", ["csv", "xlsx"])


def workbook(folder: Path, rows: Sequence[Sequence[object]], name: str = "export.xlsx") -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / name)
    return folder / name


def test_instagram_posts(settings: Settings, tmp_path: Path) -> None:
    rows = [instagram_post(1), instagram_post(2, Post_type="IG carousel"), instagram_post(3, Post_type="IG story")]
    brought_in(settings, written(tmp_path, table(rows)))
    found = ask(settings, "select account_id, media_type, media_product_type from raw.posts order by line_no")
    assert found == [(INSTAGRAM, "VIDEO", "REELS"), (INSTAGRAM, "CAROUSEL_ALBUM", None), (INSTAGRAM, "IMAGE", "STORY")]
    assert values(settings, "Saves") == {"001": "38", "002": "38", "003": "38"}


DAYS = (
    'sep=,\r\n"Facebook reach"\r\n"Date","Primary"\r\n"2026-03-07T00:00:00","120"\r\n"2026-03-08T00:00:00","130"\r\n'
    '\r\n"Instagram reach"\r\n"Date","Primary"\r\n"2026-03-07T00:00:00","70"\r\n'
)


def test_days_of_an_account_in_utf_16_with_a_preamble_and_two_blocks(settings: Settings, tmp_path: Path) -> None:
    path = written(tmp_path, DAYS.split("\r\n\r\n", maxsplit=1)[0], "days.csv", encoding="utf-16")
    (outcome,) = brought_in(settings, path, account_id=PAGE)
    assert facts_of(outcome)["written as"] == "utf-16, comma-separated"
    found = ask(
        settings,
        "select object_id, object_kind, graph_name, period, end_time, value from raw.snapshots order by line_no",
    )
    assert found == [  # Facebook names the end of the day: midnight in California, an hour earlier from 8 March on
        (PAGE, "account", "Facebook reach", "day", "2026-03-08T08:00:00+0000", "120"),
        (PAGE, "account", "Facebook reach", "day", "2026-03-09T07:00:00+0000", "130"),
    ]


def test_a_file_of_two_blocks_holds_two_tables(settings: Settings, tmp_path: Path) -> None:
    path = written(tmp_path, DAYS, "days.csv", encoding="utf-16")
    assert f"no campaign knows a instagram account {PAGE}" in refusal(settings, path, account_id=PAGE)
    brought_in(settings, path, account_id=f"{PAGE},{INSTAGRAM}")
    found = ask(settings, "select platform, object_id, end_time, value, line_no from raw.snapshots where line_no > 5")
    assert found == [("instagram", INSTAGRAM, "2026-03-07T08:00:00+0000", "70", 9)]
    assert ask(settings, "select rows, accepted from raw.imports order by line_no") == [(2, 2), (1, 1)]


@FORMS
def test_old_insights_of_posts_have_a_row_of_descriptions(settings: Settings, tmp_path: Path, form: str) -> None:
    header = [
        "Post ID",
        "Permalink",
        "Post Message",
        "Type",
        "Posted",
        "Lifetime Post Total Reach",
        "Lifetime Post Total Impressions",
    ]
    described = [
        "",
        "",
        "",
        "",
        "",
        "Lifetime: The number of people who had your post enter their screen. (Unique Users)",
        "Lifetime: …",
    ]
    post = [
        f"{PAGE}_10158000000000001",
        "https://www.facebook.com/x/posts/10158000000000001",
        "Сайн уу",
        "Photo",
        "10/19/2021 08:15:00 AM",
        1234,
        5678,
    ]
    (outcome,) = brought_in(settings, as_file(form, tmp_path, [header, described, post]))
    assert facts_of(outcome)["product"] == "Facebook Insights, post level (until 2023)"
    assert ask(settings, "select post_id, account_id, published_at from raw.posts") == [
        (f"{PAGE}_10158000000000001", PAGE, "2021-10-19T15:15:00+0000")
    ]
    assert ask(settings, "select graph_name, value from raw.snapshots order by 1") == [
        ("Lifetime Post Total Impressions", "5678"),
        ("Lifetime Post Total Reach", "1234"),
    ]
    assert ask(settings, "select rows, accepted, not_rows from raw.imports") == [(2, 1, 1)]


@FORMS
def test_old_insights_of_a_page_have_day_week_and_28_days(settings: Settings, tmp_path: Path, form: str) -> None:
    rows = [
        ["Date", "Lifetime Total Likes", "Daily Total Reach", "Weekly Total Reach", "28 Days Total Reach"],
        ["", "Lifetime: The total number of people who have liked your Page.", "Daily: …", "Weekly: …", "28 Days: …"],
        ["10/19/2021", "1,000", "10", "20", "30"],
    ]
    brought_in(settings, as_file(form, tmp_path, rows), account_id=PAGE)
    found = ask(settings, "select graph_name, period, value from raw.snapshots order by 1")
    assert found == [
        ("28 Days Total Reach", "days_28", "30"),
        ("Daily Total Reach", "day", "10"),
        ("Lifetime Total Likes", "day", "1000"),
        ("Weekly Total Reach", "week", "20"),
    ]


ADS = [
    "Reporting starts",
    "Reporting ends",
    "Campaign name",
    "Ad set name",
    "Ad name",
    "Ad ID",
    "Reach",
    "Impressions",
    "Amount spent (MNT)",
]


@FORMS
def test_ads_come_with_their_spend_and_the_total_row_never_counts(
    settings: Settings, tmp_path: Path, form: str
) -> None:
    rows = [
        ADS,
        ["2026-01-01", "2026-01-31", "", "", "", "", "1,500", "4000", "3,000.50"],
        ["2026-01-01", "2026-01-31", "Umbrella", "All", "Video 1", "120200000000000001", "900", "2500", "2,000.25"],
        ["2026-01-01", "2026-01-31", "Umbrella", "All", "Video 2", "", "800", "1500", "1,000.25"],
    ]
    (outcome,) = brought_in(settings, as_file(form, tmp_path, rows))
    assert facts_of(outcome)["not counted as rows"] == "1 total row"
    found = ask(
        settings,
        "select ad_name, starts_on::text, reach, impressions, spend::text, currency from raw.ads order by line_no",
    )
    assert found == [
        ("Video 1", "2026-01-01", 900, 2500, "2000.25", "MNT"),
        ("Video 2", "2026-01-01", 800, 1500, "1000.25", "MNT"),
    ]
    assert ask(settings, "select count(*) from raw.snapshots where source = 'export'") == [(0,)]


YOUTUBE_ROWS = [
    [
        "Content",
        "Video title",
        "Video publish time",
        "Duration",
        "Views",
        "Watch time (hours)",
        "Impressions",
        "Likes",
        "Unique viewers",
    ],
    ["Total", "", "", "", "900", "31.5", "20000", "60", "700"],
    ["dQw4-9WgXcQ", "Шүхэр 1 #DreamUmbrella", "Sep 3, 2021", "95", "500", "20.25", "9,000", "40", "410"],
    ["aBcDeFgHiJk", "Шүхэр 2 #DreamUmbrella", "Sep 5, 2021", "80", "300", "10.5", "7000", "19", "250"],
]


def test_youtube_comes_as_a_zip_whose_list_is_cut(settings: Settings, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "Content.zip", "w") as archive:
        archive.writestr("Table data.csv", text_of(YOUTUBE_ROWS))
        archive.writestr("Totals.csv", text_of([["Date", "Views"], ["2021-09-01", "5"]]))
    (outcome,) = brought_in(settings, tmp_path / "Content.zip")
    assert outcome.name == "Content.zip › Table data.csv"
    assert "the list is cut: its total of Views is 900, its rows add up to 800" in facts_of(outcome)["note"]
    assert ask(settings, "select account_id, post_id, published_at from raw.posts order by line_no") == [
        (YOUTUBE, "dQw4-9WgXcQ", "2021-09-03T12:00:00+0000"),
        (YOUTUBE, "aBcDeFgHiJk", "2021-09-05T12:00:00+0000"),
    ]
    assert values(settings, "Watch time (hours)") == {"XcQ": "72900000", "iJk": "37800000"}
    assert values(settings, "Impressions") == {"XcQ": "9000", "iJk": "7000"}


@FORMS
def test_tiktok_posts_are_known_by_their_links(settings: Settings, tmp_path: Path, form: str) -> None:
    rows: list[list[object]] = [
        ["Video title", "Video link", "Post time", "Total likes", "Total comments", "Total shares", "Total views"],
        ["Шүхэр", f"https://www.tiktok.com/{TIKTOK}/video/7012345678901234567", "2021-09-03 10:00:00", 5, 1, 2, 4321],
    ]
    brought_in(settings, as_file(form, tmp_path, rows))
    assert ask(settings, "select account_id, post_id, published_at from raw.posts") == [
        (TIKTOK, "7012345678901234567", "2021-09-03T10:00:00+0000")
    ]
    assert values(settings, "Total views") == {"567": "4321"}


GERMAN = {
    "Beitrags-ID": "18000000000000001",
    "Konto-ID": INSTAGRAM,
    "Kontoname": "Demo",
    "Beschreibung": "Schirm",
    "Veröffentlichungszeit": "19.11.2026 20:15",
    "Permalink": "https://www.instagram.com/p/DAbcdEFGhij/",
    "Beitragstyp": "IG Karussell",
    "Datum": "Gesamte Laufzeit",
    "Aufrufe": "6.620",
    "Reich\u00adweite": "4100 ",
}
PORTUGUESE = {
    "Identificação do post": "18000000000000001",
    "Identificação da conta": INSTAGRAM,
    "Horário de publicação": "19/11/2026 20:15",
    "Link permanente": "https://www.instagram.com/p/DAbcdEFGhij/",
    "Tipo de post": "Carrossel do Instagram",
    "Data": "Vitalício",
    "VISUALIZAÇÕES": "6.620",
    "Alcance": "4100",
}
FRENCH = {
    "ID de publication": "18000000000000001",
    "ID de compte": INSTAGRAM,
    "Heure de publication": "19/11/2026 20:15",
    "Permalien": "https://www.instagram.com/p/DAbcdEFGhij/",
    "Type de publication": "Carrousel Instagram",
    "Vues": "6 620",
    "Couverture": "4100",
}
SPANISH = {
    "Identificador de la publicación": "18000000000000001",
    "Identificador de la cuenta": INSTAGRAM,
    "Hora de publicación": "19/11/2026 20:15",
    "Tipo de publicación": "Secuencia de Instagram",
    "Visualizaciones": "6.620",
    "Alcance": "4100",
}
RUSSIAN = {
    "Идентификатор публикации": "18000000000000001",
    "Идентификатор аккаунта": INSTAGRAM,
    "Время публикации": "19.11.2026 20:15",
    "Тип публикации": "Карусель IG",
    "Просмотры": "6620",
    "Охват": "4100",
}
MONGOLIAN = {
    "Нийтлэлийн ID": "18000000000000001",
    "Бүртгэлийн ID": INSTAGRAM,
    "Нийтэлсэн цаг": "2026-11-19 20:15",
    "Нийтлэлийн төрөл": "IG carousel",
    "Үзэлт": "6620",
    "Хүртээмж": "4100",
}
LANGUAGES = {"de": GERMAN, "pt": PORTUGUESE, "fr": FRENCH, "es": SPANISH, "ru": RUSSIAN, "mn": MONGOLIAN}


@pytest.mark.parametrize("language", LANGUAGES)
def test_headers_in_other_languages_mean_the_same(settings: Settings, tmp_path: Path, language: str) -> None:
    (outcome,) = brought_in(settings, written(tmp_path, table([LANGUAGES[language]], delimiter=";")))
    assert facts_of(outcome)["language"] == language
    assert ask(settings, "select published_at, media_type from raw.posts") == [
        ("2026-11-20T04:15:00+0000", "CAROUSEL_ALBUM")
    ]
    assert values(settings, "Views") == {"001": "6620"}
    assert values(settings, "Reach") == {"001": "4100"}


NBSP = "\u202f"
IN_WORDS = {
    "fr": ("Contenu", "Titre de la vidéo", "Heure de publication de la vidéo", "Vues", "28 sept. 2021"),
    "es": ("Contenido", "Título del video", "Hora de publicación del video", "Vistas", "28 sept 2021"),
    "pt": ("Conteúdo", "Título do vídeo", "Horário de publicação do vídeo", "Visualizações", "28 de set. de 2021"),
    "de": ("Inhalte", "Video\u00adtitel", "Veröffentlichungszeit des Videos", "Aufrufe", "28. Sept. 2021"),
    "ru": ("Контент", "Название видео", "Время публикации видео", "Просмотры", f"28 сент.{NBSP}2021 г."),
}


@pytest.mark.parametrize("language", IN_WORDS)
def test_youtube_writes_days_in_the_words_of_the_language(settings: Settings, tmp_path: Path, language: str) -> None:
    *header, day = IN_WORDS[language]
    rows = [header, ["Total", "", "", f"44{NBSP}531"], ["dQw4-9WgXcQ", "Шүхэр", day, f"44{NBSP}531"]]
    (outcome,) = brought_in(settings, written(tmp_path, text_of(rows)))
    assert facts_of(outcome)["language"] == language
    assert ask(settings, "select published_at from raw.posts") == [("2021-09-28T12:00:00+0000",)]
    assert values(settings, "Views") == {"XcQ": "44531"}


def languages_of(dialect: Dialect) -> list[str]:
    """The languages in which all headers are known that a table of the product must have."""
    fields: dict[str, dict[str, list[str]]] = dialect.facts["fields"] | (dialect.facts["metrics"] or {})
    needed = [fields[name] for name in (*dialect.required, *dialect.any_of[:1])]
    return [language for language in needed[0] if all(language in one for one in needed)]


KNOWN = [(one, language) for one in dialects() for language in languages_of(one) if not one.has("title_names_metric")]


@pytest.mark.parametrize(("dialect", "language"), KNOWN, ids=[f"{one.product}-{of}" for one, of in KNOWN])
def test_each_alias_of_a_header_is_known_in_its_language(dialect: Dialect, language: str, tmp_path: Path) -> None:
    known = dialect.facts["fields"] | (dialect.facts["metrics"] or {})
    aliases = {name: by_language[language] for name, by_language in known.items() if language in by_language}
    for at in range(max(map(len, aliases.values()))):
        header = [names[at % len(names)] for names in aliases.values()]
        (sheet,) = text_sheets(copy_file(written(tmp_path, text_of([header, ["1"] * len(header)])), tmp_path))
        found = headed(sheet)
        assert found is not None
        assert (found.dialect.product, found.language) == (dialect.product, language)
        assert [one.header for one in found.columns] == header
        assert found.unknown == ()


def test_what_is_known_from_the_interface_only_is_said(settings: Settings, tmp_path: Path) -> None:
    seen, unseen = (written(tmp_path, table([LANGUAGES[one]], delimiter=";"), f"{one}.csv") for one in ("es", "ru"))
    (of_spanish, of_russian) = brought_in(settings, seen, unseen)
    assert "interface" not in facts_of(of_spanish)["note"]
    assert "headers in ru are known from the product's interface, not from files yet" in facts_of(of_russian)["note"]


FACEBOOK_HEADERS = {
    "de": ("Beitrags-ID", "Seiten-ID", "Veröffentlichungszeit", "Beitragstyp", "Aufrufe", "Reichweite", "Fotos"),
    "pt": (
        *("Identificação da publicação", "Identificação da Página", "Hora da publicação", "Tipo de publicação"),
        *("Visualizações", "Alcance", "Fotos"),
    ),
    "es": (
        *("Identificador de la publicación", "Identificador de la página", "Hora de publicación"),
        *("Tipo de publicación", "Visualizaciones", "Alcance", "Fotos"),
    ),
    "fr": (
        "ID de publication",
        "ID de Page",
        "Heure de publication",
        "Type de publication",
        "Vues",
        "Portée",
        "Photos",
    ),
    "ru": (
        *("Идентификатор публикации", "Идентификатор Страницы", "Время публикации", "Тип публикации"),
        *("Просмотры", "Охват", "Фото"),
    ),
    "mn": ("Нийтлэлийн ID", "Хуудасны ID", "Нийтэлсэн цаг", "Нийтлэлийн төрөл", "Үзэлт", "Хүртээмж", "Зураг"),
}


@pytest.mark.parametrize("language", FACEBOOK_HEADERS)
def test_facebook_headers_in_other_languages_mean_the_same(settings: Settings, tmp_path: Path, language: str) -> None:
    *header, photo = FACEBOOK_HEADERS[language]
    row = ["122100000000000101", PAGE, "19/11/2026 20:15", photo, "5310", "3984"]
    (outcome,) = brought_in(settings, written(tmp_path, text_of([header, row])))
    assert facts_of(outcome)["product"] == "Meta Business Suite, Facebook posts"
    assert facts_of(outcome)["language"] == language
    assert ask(settings, "select post_id, published_at, attachment_media_type from raw.posts") == [
        (f"{PAGE}_122100000000000101", "2026-11-20T04:15:00+0000", "photo")
    ]
    assert (values(settings, "Views"), values(settings, "Reach")) == ({"101": "5310"}, {"101": "3984"})


def test_a_workbook_of_posts_and_a_zip_of_it_are_read_alike(settings: Settings, tmp_path: Path) -> None:
    row = facebook_post()
    path = workbook(tmp_path, [list(row), list(row.values())])
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        archive.write(path, "exports/page.xlsx")
    packed = written(tmp_path, inside.getvalue(), "page.zip")
    assert [one.state for one in brought_in(settings, path, packed)] == ["imported", "known"]
    assert values(settings, "Views") == {"101": "5310"}
