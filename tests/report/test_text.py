"""Text on charts: measured, broken into lines, moved apart, and cleaned."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ingest.report.text import BOLD, LONGEST, apart, cleaned, fits, shortened, width, wrapped

LONG = "Тэгш хамруулах боловсролын соёлыг төлөвшүүлэх гурав дахь үе шат: сургууль, гэр бүл, нийгэм хамтдаа"


def test_mongolian_letters_are_measured_and_bold_is_wider() -> None:
    assert 6 < width("Ө", 13) < 12
    assert width("Үзэлт", 13, weight=BOLD) > width("Үзэлт", 13)


def test_a_long_title_breaks_into_lines_that_fit() -> None:
    lines = wrapped(LONG, 320, 13)
    assert len(lines) == 3
    assert all(fits(line, 320, 13) for line in lines)
    assert " ".join(lines) == LONG


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    assert shortened("Ж" * 200, 320, 13).endswith("…")
    assert wrapped(LONG, 100, 13, most=2)[-1].endswith("…")


@given(st.text(max_size=300), st.integers(20, 640), st.integers(1, 4))
def test_no_line_is_ever_wider_than_its_room(text: str, room: int, most: int) -> None:
    lines = wrapped(text, room, 13, most=most)
    assert 1 <= len(lines) <= most
    assert all(line in {"…", ""} or fits(line, room, 13) for line in lines)


@given(st.lists(st.floats(0, 200), min_size=1, max_size=5))
def test_labels_moved_apart_do_not_touch_and_keep_their_order(places: list[float]) -> None:
    moved = apart(places, 30, lowest=0, highest=200)
    ordered = sorted(range(len(places)), key=lambda index: places[index])
    steps = [moved[after] - moved[before] for before, after in itertools.pairwise(ordered)]
    assert all(step >= 30 - 1e-6 for step in steps)
    assert all(-1e-6 <= place <= 200 + 1e-6 for place in moved)


@given(st.text())
def test_a_cleaned_text_has_no_control_and_no_mark_that_turns_it(text: str) -> None:
    shown = cleaned(text + "\x00\u202e\u2066 end")
    assert not set(shown) & set("\x00\x07\x1b\u202e\u202a\u2066\u200f\ufeff\n\t")
    assert len(shown) <= LONGEST
