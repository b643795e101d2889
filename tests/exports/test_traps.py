"""What real exports were seen to do: each trap has one defined outcome."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from ingest.adapters.exports.shortcodes import made_at, shortcode_at
from ingest.settings import Settings
from tests.exports.composed import (
    EXPORTED,
    OTHER_PAGE,
    PAGE,
    ask,
    brought_in,
    dry,
    facebook_post,
    facts_of,
    instagram_post,
    refusal,
    table,
    text_of,
    values,
    written,
)


def test_publish_times_are_california_s_with_daylight_saving(settings: Settings, tmp_path: Path) -> None:
    times = ["02/10/2026 12:00", "03/07/2026 23:30", "03/08/2026 23:30", "06/30/2026 20:00"]
    brought_in(settings, written(tmp_path, table(facebook_post(at, Publish_time=one) for at, one in enumerate(times))))
    assert [at for (at,) in ask(settings, "select published_at from raw.posts order by line_no")] == [
        "2026-02-10T20:00:00+0000",
        "2026-03-08T07:30:00+0000",
        "2026-03-09T06:30:00+0000",
        "2026-07-01T03:00:00+0000",  # in Ulaanbaatar, and in UTC, a post of July
    ]


def address(at: datetime) -> str:
    return f"https://www.instagram.com/p/{shortcode_at(at)}/"


def test_a_short_code_gives_back_its_moment() -> None:
    at = datetime(2026, 3, 8, 17, 5, tzinfo=UTC)
    assert made_at(address(at)) == at
    assert made_at("https://www.instagram.com/demo/") is None


def test_times_are_held_against_short_codes_and_a_file_that_disagrees_is_reported(
    settings: Settings, tmp_path: Path
) -> None:
    made = [datetime(2026, 3, day, 17, 5, tzinfo=UTC) for day in (2, 20)]
    right = [
        instagram_post(1, Permalink=address(made[0]), Publish_time="03/02/2026 09:05"),
        instagram_post(2, Permalink=address(made[1]), Publish_time="03/20/2026 10:05"),
    ]
    assert "times agree with the short codes of 2 addresses" in dry(settings, written(tmp_path, table(right)))["note"]
    near = [instagram_post(1, Permalink=address(made[1]), Publish_time="03/20/2026 10:35")]
    assert "times agree" in dry(settings, written(tmp_path, table(near)))["note"]
    far = [instagram_post(1, Permalink=address(made[1]), Publish_time="03/20/2026 10:36")]
    assert "times disagree" in dry(settings, written(tmp_path, table(far)))["note"]
    wrong = [instagram_post(1, Permalink=address(made[1]), Publish_time="03/21/2026 01:05")]
    note = dry(settings, written(tmp_path, table(wrong)))["note"]
    assert "times disagree with the short codes of 1 of 1 addresses, typically by +15.0 hours" in note


def test_the_order_of_day_and_month_is_decided_per_file(settings: Settings, tmp_path: Path) -> None:
    clear = [facebook_post(1, Publish_time="03/04/2025 10:00"), facebook_post(2, Publish_time="30/04/2025 10:00")]
    assert dry(settings, written(tmp_path, table(clear)))["dates"] == "day/month/year"
    by_language = [facebook_post(1, Publish_time="03/04/2025 10:00")]
    assert dry(settings, written(tmp_path, table(by_language)))["dates"] == "month/day/year"
    with_dots = [facebook_post(1, Publish_time="03.04.2025 10:00")]
    assert dry(settings, written(tmp_path, table(with_dots)))["dates"] == "day/month/year"
    coded = [
        instagram_post(1, Publish_time="04/03/2025 09:00", Permalink=address(datetime(2025, 3, 4, 17, tzinfo=UTC)))
    ]
    assert dry(settings, written(tmp_path, table(coded)))["dates"] == "day/month/year"


def test_a_language_whose_exports_have_both_orders_does_not_decide(settings: Settings, tmp_path: Path) -> None:
    header = ["Identificação do post", "Identificação da Página", "Horário de publicação", "Visualizações"]
    rows = [header, ["122100000000000101", PAGE, "03/04/2025 10:00", "5"]]
    assert "--date-order dmy or --date-order mdy" in refusal(settings, written(tmp_path, text_of(rows)))
    of_brazil = [*rows, ["122100000000000102", PAGE, "01/17/2026 10:29", "5"]]
    assert dry(settings, written(tmp_path, text_of(of_brazil)))["dates"] == "month/day/year"


def test_an_order_that_nothing_tells_is_asked_for(settings: Settings, tmp_path: Path) -> None:
    mapping = written(
        tmp_path,
        f"platform: facebook\naccount_id: '{PAGE}'\npost_id: Id\npublished: Day\n"
        "metrics: [{column: Seen, metric: reach}]\n",
        "table.yml",
        "utf-8",
    )
    path = written(tmp_path, "Id,Day,Seen\n1,03/04/2025,5\n", "table.csv")
    assert "--date-order dmy or --date-order mdy" in refusal(settings, path, mapping=mapping)
    assert dry(settings, path, date_order="dmy")["dates"] == "day/month/year"


def test_dates_in_both_orders_are_refused(settings: Settings, tmp_path: Path) -> None:
    rows = [facebook_post(1, Publish_time="30/04/2025 10:00"), facebook_post(2, Publish_time="04/30/2025 10:00")]
    assert "dates in both orders" in refusal(settings, written(tmp_path, table(rows)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251"])
def test_encodings_are_found_out(settings: Settings, tmp_path: Path, encoding: str) -> None:
    rows = [facebook_post(1, Description="Хамтдаа явбал хол явна, сайн байцгаана уу")]
    brought_in(settings, written(tmp_path, table(rows), encoding=encoding))
    assert ask(settings, "select message from raw.posts") == [("Хамтдаа явбал хол явна, сайн байцгаана уу",)]


def test_western_letters_of_an_old_encoding_are_found_out(settings: Settings, tmp_path: Path) -> None:
    rows = [facebook_post(1, Description="Não é só café: ação, coração e São João")]
    path = written(tmp_path, table(rows), encoding="cp1252")
    assert dry(settings, path)["written as"] == "cp1252, comma-separated"


def test_a_file_that_was_saved_in_a_spreadsheet_is_quoted_twice(settings: Settings, tmp_path: Path) -> None:
    rows = list(csv.reader(io.StringIO(table([facebook_post(1, Description='two\nlines, "quoted"')]))))
    lines = [text_of([row]).rstrip("\r\n") for row in rows]
    path = written(tmp_path, text_of([[line] for line in lines]))
    assert "quoted twice" in dry(settings, path)["written as"]
    brought_in(settings, path)
    assert ask(settings, "select message from raw.posts") == [('two\nlines, "quoted"',)]


@pytest.mark.parametrize(("delimiter", "name"), [(";", "semicolon"), ("\t", "tab"), ("|", "bar")])
def test_delimiters_are_found_out(settings: Settings, tmp_path: Path, delimiter: str, name: str) -> None:
    facts = dry(settings, written(tmp_path, table([facebook_post()], delimiter)))
    assert (facts["written as"], facts["rows"]) == (f"utf-8-sig, {name}-separated", "1: 1 to bring in")


def test_lines_above_the_header_are_passed_over(settings: Settings, tmp_path: Path) -> None:
    path = written(tmp_path, f"# Exported by somebody\n# 2026\n\n{table([facebook_post()])}")
    assert dry(settings, path)["rows"] == "1: 1 to bring in"


def test_a_header_that_stands_in_the_middle_again_is_no_row(settings: Settings, tmp_path: Path) -> None:
    row = facebook_post(1)
    path = written(tmp_path, text_of([list(row), list(row.values()), list(row), list(facebook_post(2).values())]))
    assert dry(settings, path)["not counted as rows"] == "1 repeated header"


def test_headers_differ_in_order_case_and_blanks(settings: Settings, tmp_path: Path) -> None:
    row = {f"  {name.upper()} ": value for name, value in reversed(facebook_post().items())}
    assert dry(settings, written(tmp_path, table([row])))["rows"] == "1: 1 to bring in"


def test_one_header_twice_is_read_where_it_is_filled_and_not_at_all_where_it_contradicts_itself(
    settings: Settings, tmp_path: Path
) -> None:
    row = facebook_post(1)
    header, cells = [*row, "Views"], [*row.values()]
    filled = dry(settings, written(tmp_path, text_of([header, [*cells, "0"]])))
    assert "Views stands twice: the column that is filled is read" in filled["note"]
    contrary = dry(settings, written(tmp_path, text_of([header, [*cells, "7"]])))
    assert "Views stands twice with different numbers: not brought in" in contrary["note"]
    both_zero = [cell if name != "Views" else "0" for name, cell in row.items()]
    zero = dry(settings, written(tmp_path, text_of([header, [*both_zero, "0"]])))
    assert "Views is 0 in every row: taken as not available, not as 0" in zero["note"]


def test_a_column_of_zeros_does_not_wipe_out_what_another_export_said(settings: Settings, tmp_path: Path) -> None:
    first = written(tmp_path, table([facebook_post(1, Views="2,222")]), "a.csv")
    later = written(tmp_path, table([facebook_post(1, Views="0")]), "b.csv")
    brought_in(settings, first)
    brought_in(settings, later, exported_at=EXPORTED.replace(day=21))
    assert ask(settings, "select value, reason from raw.snapshots where graph_name = 'Views' order by load_id") == [
        ("2222", None),
        (None, "not_yet_available"),
    ]


def test_long_ids_stay_whole_and_ruined_ones_are_taken_from_the_permalink(settings: Settings, tmp_path: Path) -> None:
    known = f"https://www.facebook.com/{PAGE}/posts/"
    rows = [
        facebook_post(1, Post_ID="122157889012345678", Permalink=f"{known}122157889012345678"),
        facebook_post(2, Post_ID="1.22158E+17", Permalink=f"{known}122157889012349999"),
        facebook_post(3, Post_ID="122157889012347000", Permalink=f"{known}122157889012346789"),
        facebook_post(4, Post_ID="1.22158E+17", Permalink="https://www.facebook.com/reel/777/"),
        facebook_post(5, Post_ID="1,22158E+17", Permalink=""),
    ]
    brought_in(settings, written(tmp_path, table(rows)))
    assert [post.partition("_")[2] for (post,) in ask(settings, "select post_id from raw.posts order by line_no")] == [
        "122157889012345678",
        "122157889012349999",
        "122157889012347000",
    ]
    assert [reason for (reason,) in ask(settings, "select reason from raw.quarantine order by line_no")] == [
        "a spreadsheet has ruined the post's id, and no post is known by its permalink",
        "a spreadsheet has ruined the post's id, and there is no permalink",
    ]


def test_what_was_ruined_comes_in_when_its_permalink_is_known(settings: Settings, tmp_path: Path) -> None:
    from ingest.steps.quarantine import retry_quarantine

    link = "https://www.facebook.com/reel/777/"
    brought_in(
        settings,
        written(
            tmp_path, table([facebook_post(1, Post_ID="1.22158E+17", Permalink=link), facebook_post(2)]), "ruined.csv"
        ),
    )
    assert ask(settings, "select count(*) from raw.quarantine") == [(1,)]
    brought_in(settings, written(tmp_path, table([facebook_post(3, Permalink=link)]), "whole.csv"))
    result = retry_quarantine(settings)
    assert (result.brought_in, result.waiting) == (1, 0)
    found = ask(settings, "select distinct post_id from raw.posts order by 1")
    assert found == [(f"{PAGE}_122100000000000002",), (f"{PAGE}_122100000000000003",)]


def test_numbers_are_read_however_they_are_grouped_and_missing_is_not_0(settings: Settings, tmp_path: Path) -> None:
    written_as = ["1,250", "1.250", "1 250", "1\u00a0250", "1250.0", "", "--", "NAN", "N/A", "0"]
    rows = [facebook_post(at, Views=one) for at, one in enumerate(written_as)]
    brought_in(settings, written(tmp_path, table(rows)))
    assert list(values(settings, "Views").values()) == ["1250"] * 5 + [None] * 4 + ["0"]


@pytest.mark.parametrize("cell", ["many", "-5", "1.5", "1e3", "12,34", "99999999999999999999", "=1+1"])
def test_what_is_no_count_costs_its_row_and_says_why(settings: Settings, tmp_path: Path, cell: str) -> None:
    facts = dry(settings, written(tmp_path, table([facebook_post(1), facebook_post(2, Views=cell)])))
    assert (facts["rows"], facts["rejected"]) == ("2: 1 to bring in", "1 × Views is no number")


def test_a_post_that_stands_twice_counts_once(settings: Settings, tmp_path: Path) -> None:
    rows = [facebook_post(1), facebook_post(1), facebook_post(2), facebook_post(2, Views="9")]
    facts = dry(settings, written(tmp_path, table(rows)))
    assert facts["rows"] == "4: 2 to bring in"
    assert facts["not counted as rows"] == "1 repeated"
    assert facts["rejected"] == "1 × the post stands in the file twice, with other numbers"


def test_days_of_posts_are_never_mixed_with_their_lives(settings: Settings, tmp_path: Path) -> None:
    daily = [facebook_post(1, Date="11/19/2026"), facebook_post(1, Date="11/20/2026", Views="9")]
    path = written(tmp_path, table(daily))
    assert dry(settings, path)["grain"] == "day"
    brought_in(settings, path)
    found = ask(
        settings, "select period, end_time, value from raw.snapshots where graph_name = 'Views' order by line_no"
    )
    assert found == [("day", "2026-11-20T08:00:00+0000", "5310"), ("day", "2026-11-21T08:00:00+0000", "9")]
    assert ask(settings, "select count(*) from raw.posts") == [(1,)]
    mixed = dry(settings, written(tmp_path, table([*daily, facebook_post(2)]), "mixed.csv"))
    assert (mixed["grain"], mixed["rows"]) == ("lifetime", "3: 1 to bring in")
    assert mixed["rejected"] == "2 × the row is of another grain than the file: lifetime"


def test_a_word_for_lifetime_in_a_language_that_nobody_knows_is_still_a_life(
    settings: Settings, tmp_path: Path
) -> None:
    assert dry(settings, written(tmp_path, table([facebook_post(Date="Levenslang")])))["grain"] == "lifetime"


def test_reach_above_views_is_said_and_not_repaired(settings: Settings, tmp_path: Path) -> None:
    path = written(tmp_path, table([facebook_post(1), facebook_post(2, Views="10", Reach="99")]))
    assert "reach is above views in 1 of 2 posts" in dry(settings, path)["note"]


def test_boosted_and_organic_parts_that_are_not_the_total_are_said_and_not_repaired(
    settings: Settings, tmp_path: Path
) -> None:
    parts = (
        "Views from Boosted posts",
        "Views from Organic posts",
        "Reach from Boosted posts",
        "Reach from Organic posts",
    )
    rows = [
        facebook_post(1) | dict(zip(parts, ("310", "5,000", "84", "3900"), strict=True)),
        facebook_post(2) | dict(zip(parts, ("310", "5,001", "2000", "3000"), strict=True)),
        facebook_post(3) | dict(zip(parts, ("", "", "2000", "3000"), strict=True)),
    ]
    (outcome,) = brought_in(settings, written(tmp_path, table(rows)))
    note = facts_of(outcome)["note"]
    assert "boosted and organic views are together another number than Views in 1 of 2 posts" in note
    assert "boosted and organic reach are together another number than Reach in 2 of 3 posts" in note
    assert values(settings, "Views") == {"001": "5310", "002": "5310", "003": "5310"}
    assert values(settings, "Views from Organic posts") == {"001": "5000", "002": "5001", "003": None}
    assert values(settings, "Reach") == {"001": "3984", "002": "3984", "003": "3984"}


def test_crossposts_are_two_posts_and_are_said(settings: Settings, tmp_path: Path) -> None:
    rows = [facebook_post(1, Is_crosspost="1"), facebook_post(2, Is_crosspost="1", Page_ID=OTHER_PAGE)]
    path = written(tmp_path, table(rows))
    assert "2 crossposts: the same video on two Pages" in dry(settings, path)["note"]


def test_a_caption_stands_in_title_or_in_description(settings: Settings, tmp_path: Path) -> None:
    rows = [
        facebook_post(1, Title="A title", Description=""),
        facebook_post(2, Title="", Description="A description"),
        facebook_post(3, Title="Both", Description="Both, and more"),
    ]
    brought_in(settings, written(tmp_path, table(rows)))
    found = [message for (message,) in ask(settings, "select message from raw.posts order by line_no")]
    assert found == ["A title", "A description", "Both, and more"]


def test_columns_that_nobody_knows_are_kept_and_named_however_many_there_are(
    settings: Settings, tmp_path: Path
) -> None:
    raw = {"IMPRESSION:UNIQUE_USERS": "7", "Publsh tme": "x"} | {f"Column {at}": str(at) for at in range(150)}
    path = written(tmp_path, table([facebook_post(1) | raw]))
    (outcome,) = brought_in(settings, path)
    facts = facts_of(outcome)
    assert facts["rows"] == "1: 1 to bring in"
    assert "'Publsh tme' (nearest: published_at)" in facts["unknown columns"]
    assert "'IMPRESSION:UNIQUE_USERS'" in facts["unknown columns"]
    (landed,) = Path(settings.landing_uri).rglob("export/**/*.csv")
    assert landed.read_bytes() == path.read_bytes()
    ((notes,),) = ask(settings, "select notes from raw.imports")
    assert "unknown columns: 'IMPRESSION:UNIQUE_USERS'" in notes


def test_an_id_that_is_a_number_in_a_workbook_has_lost_its_digits(settings: Settings, tmp_path: Path) -> None:
    link = f"https://www.facebook.com/{PAGE}/posts/122157889012345678"
    rows = [facebook_post(1, Permalink=link), facebook_post(2, Permalink=""), facebook_post(3)]
    book = openpyxl.Workbook()
    book.active.append(list(rows[0]))
    for row, post_id in zip(rows, (122157889012345678, 122157889012345679, "122100000000000003"), strict=True):
        book.active.append([post_id, *list(row.values())[1:]])
    book.save(tmp_path / "export.xlsx")
    brought_in(settings, tmp_path / "export.xlsx")
    found = [post.partition("_")[2] for (post,) in ask(settings, "select post_id from raw.posts order by line_no")]
    assert found == ["122157889012345678", "122100000000000003"]
    assert ask(settings, "select line_no, reason from raw.quarantine") == [
        (3, "a spreadsheet has ruined the post's id, and there is no permalink")
    ]


TYPES = {"Photos": "photo", "Reels": "video", "Live": "video", "Text": None, "Links": "link", "Vídeos": "video"}


def test_post_types_are_known_in_several_languages(settings: Settings, tmp_path: Path) -> None:
    rows = [facebook_post(at, Post_type=one) for at, one in enumerate(TYPES)]
    brought_in(settings, written(tmp_path, table(rows)))
    found = ask(settings, "select attachment_media_type from raw.posts order by line_no")
    assert [one for (one,) in found] == list(TYPES.values())


def test_with_impressions_and_without_views_reach_has_its_old_definition(settings: Settings, tmp_path: Path) -> None:
    row = {("Impressions" if name == "Views" else name): value for name, value in facebook_post().items()}
    brought_in(settings, written(tmp_path, table([row])))
    assert values(settings, "Reach (before viewers)") == {"101": "3984"}
    assert values(settings, "Impressions") == {"101": "5310"}


def test_text_is_kept_as_it_is_whatever_a_spreadsheet_would_make_of_it(settings: Settings, tmp_path: Path) -> None:
    text = '=HYPERLINK("https://example.org","x") 𝓗𝓪𝓶𝓽𝓭𝓪𝓪 👨‍👩‍👧'
    brought_in(settings, written(tmp_path, table([facebook_post(1, Description=text)])))
    assert ask(settings, "select message from raw.posts") == [(text,)]


def test_overlapping_exports_are_snapshots_of_their_own(settings: Settings, tmp_path: Path) -> None:
    brought_in(settings, written(tmp_path, table([facebook_post(1), facebook_post(2)]), "a.csv"))
    later = written(tmp_path, table([facebook_post(2, Views="6000"), facebook_post(3)]), "b.csv")
    brought_in(settings, later, exported_at=EXPORTED.replace(day=21))
    found = ask(
        settings,
        "select fetched_at::date::text, value from raw.snapshots "
        "where graph_name = 'Views' and object_id like '%002' order by 1",
    )
    assert found == [("2026-11-20", "5310"), ("2026-11-21", "6000")]
