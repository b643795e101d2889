"""What is no export costs one clear message: nothing is half-imported, and no file costs more than it may."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.adapters.exports.copies import copy_file
from ingest.domain.errors import ImportRefused
from ingest.domain.imports import Options
from ingest.settings import PROJECT, Settings
from ingest.steps.import_files import import_files, importing
from tests.exports.composed import ask, brought_in, facebook_post, facts_of, refusal, table, written

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(100)


def zipped(folder: Path, members: dict[str, bytes], name: str = "export.zip") -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return folder / name


def with_macros(folder: Path) -> Path:
    openpyxl.Workbook().save(folder / "macros.xlsm")
    with zipfile.ZipFile(folder / "macros.xlsm", "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    return folder / "macros.xlsm"


def with_link(folder: Path) -> Path:
    entry = zipfile.ZipInfo("posts.csv")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(folder / "link.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    return folder / "link.zip"


def with_password(folder: Path) -> Path:
    path = zipped(folder, {"posts.csv": b"1,2"}, "locked.zip")
    content = bytearray(path.read_bytes())
    for start, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(start) + flags] |= 1
    path.write_bytes(bytes(content))
    return path


def workbook_of(folder: Path, words: bytes, compression: int = zipfile.ZIP_STORED) -> Path:
    """A workbook whose shared texts are these bytes."""
    openpyxl.Workbook().save(folder / "plain.zip")
    part, kind = "/xl/sharedStrings.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings"
    override = f'<Override PartName="{part}" ContentType="{kind}+xml"/></Types>'.encode()
    path = folder / "book.xlsx"
    with zipfile.ZipFile(folder / "plain.zip") as plain, zipfile.ZipFile(path, "w", compression) as book:
        for name in plain.namelist():
            book.writestr(name, plain.read(name).replace(b"</Types>", override))
        book.writestr(part.removeprefix("/"), words)
    (folder / "plain.zip").unlink()
    return path


LAUGHS = (
    b"<!DOCTYPE a [<!ENTITY a0 'ha'>"
    + b"".join(b"<!ENTITY a%d '%s'>" % (at, b"&a%d;" % (at - 1) * 10) for at in range(1, 12))
    + b"]><sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><si><t>&a11;</t></si></sst>"
)
GOOD = table([facebook_post()])
BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "an empty file": (lambda to: written(to, b""), "is empty. Export it again"),
    "blank lines only": (lambda to: written(to, b"\n\n  \n"), "one column only"),
    "a picture renamed to .csv": (lambda to: written(to, PNG), "is a picture, no table"),
    "a workbook with a password": (
        lambda to: written(to, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        "with a password",
    ),
    "a workbook with macros": (with_macros, "is a workbook with macros"),
    "a damaged zip": (lambda to: written(to, b"PK\x03\x04 and no more"), "is a damaged ZIP"),
    "a zip bomb": (lambda to: zipped(to, {"posts.csv": b"0," * 20_000_000}), "would unpack from"),
    "a nested zip": (
        lambda to: zipped(to, {"a.csv": zipped(to, {"b.csv": b"1"}, "in.zip").read_bytes()}),
        "holds another archive",
    ),
    "a nested zip beside a table": (
        lambda to: zipped(to, {"posts.csv": GOOD.encode(), "more.zip": b"PK"}),
        "holds another archive, more.zip",
    ),
    "a workbook that unpacks to too much": (
        lambda to: workbook_of(to, b"<sst>" + b" " * 60_000_000, zipfile.ZIP_DEFLATED),
        "would unpack from",
    ),
    "a workbook of too many words": (lambda to: workbook_of(to, bytes(40_000_000)), "bytes of text: more than"),
    "a workbook whose words laugh": (lambda to: workbook_of(to, LAUGHS), "cannot be read as a workbook"),
    "a zip that leads out": (lambda to: zipped(to, {"../../etc/posts.csv": GOOD.encode()}), "leads out of it"),
    "a zip with a password": (with_password, "has a password. Unpack it"),
    "a zip with a link": (with_link, "holds a link"),
    "a zip of a thousand files": (
        lambda to: zipped(to, {f"{at}.csv": b"1" for at in range(1000)}),
        "holds 1,000 files",
    ),
    "a zip without a table": (lambda to: zipped(to, {"readme.md": b"hello"}), "holds no table"),
    "a hundred thousand columns": (lambda to: written(to, ",".join(map(str, range(100_000)))), "100,000 columns"),
    "a cell of 100 MB": (lambda to: written(to, b'Post ID,Views\n1,"' + b"x" * 100_000_000), "letters"),
    "a quotation mark that never ends": (
        lambda to: written(to, GOOD + '"' + "x,\n" * 500_000),
        "quotation mark is missing",
    ),
    "a NUL byte": (lambda to: written(to, GOOD.replace("5310", "53\x0010")), "NUL byte"),
    "a web page": (lambda to: written(to, b"<!DOCTYPE html><html>"), "is a web page"),
    "cut in a letter": (lambda to: written(to, (GOOD + "Хамтдаа " * 40).encode()[:-2]), "damaged letter"),
    "a header without rows": (lambda to: written(to, GOOD.splitlines()[0]), "no rows"),
    "one column": (lambda to: written(to, "Post ID\n1\n"), "one column only"),
}


@pytest.mark.parametrize("what", BAD)
def test_one_clear_message_and_nothing_lands(settings: Settings, tmp_path: Path, what: str) -> None:
    make, message = BAD[what]
    problem = refusal(settings, make(tmp_path))
    assert message in problem
    assert len(problem) < 600


IMPORTING = """
import re, sys
from pathlib import Path
from ingest.settings import load_settings
from ingest.steps.import_files import import_files
outcomes = import_files(load_settings(), [sys.argv[1]])
kilobytes = int(re.search("VmHWM:\\\\s+([0-9]+)", Path("/proc/self/status").read_text())[1])
print(len(outcomes), {one.state for one in outcomes}, kilobytes // 1024)
"""
"""Says how much memory the process took at most; `ru_maxrss` would hold what its parent took before, too."""


def test_no_bad_file_costs_more_memory_than_it_may(tmp_path: Path) -> None:
    for at, (make, _) in enumerate(BAD.values()):
        folder = tmp_path / "bad" / str(at)
        folder.mkdir(parents=True)
        make(folder)
    places = {"LANDING_URI": "landing", "STATE_PATH": "state.sqlite", "CAMPAIGNS_DIR": str(PROJECT / "campaigns")}
    ran = subprocess.run(
        [sys.executable, "-c", IMPORTING, str(tmp_path / "bad")],
        env=os.environ | {f"CAMPAIGN_REACH_{name}": value for name, value in places.items()},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    count, state, megabytes = ran.stdout.splitlines()[-1].split()
    assert (int(count), state) == (sum(path.is_file() for path in tmp_path.glob("bad/**/*.*")), "{'refused'}")
    assert int(megabytes) < 300


def test_half_a_letter_becomes_a_mark_and_the_file_comes_in(settings: Settings, tmp_path: Path) -> None:
    text = table([facebook_post(Description="half \ud83d letter")])
    for name, encoding in (("utf-8", "utf-8"), ("utf-16", "utf-16-le")):
        mark = b"" if encoding == "utf-8" else b"\xff\xfe"
        content = mark + text.encode(encoding, "surrogatepass")
        (outcome,) = brought_in(settings, written(tmp_path, content, f"{name}.csv"))
        assert "a letter is damaged in 1 rows, and stands as \ufffd" in facts_of(outcome)["note"]
    assert ask(settings, "select message from raw.posts") == [("half \ufffd letter",)] * 2


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, GOOD)
    (tmp_path / "copies").mkdir()
    real, calls = Path.stat, []

    def growing(self: Path, **kwargs: bool) -> os.stat_result:
        if self == path:
            calls.append(self)
            if len(calls) == 2:
                path.write_bytes(path.read_bytes() + b"one more line\n")
        return real(self, **kwargs)

    monkeypatch.setattr(Path, "stat", growing)
    with pytest.raises(ImportRefused, match="changed while it was read"):
        copy_file(path, tmp_path / "copies")


def test_a_bad_file_never_stops_the_good_ones(settings: Settings, tmp_path: Path) -> None:
    bad, good = written(tmp_path, PNG, "a.csv"), written(tmp_path, GOOD, "b.csv")
    assert [one.state for one in brought_in(settings, bad, good)] == ["refused", "imported"]


def test_a_name_that_fits_nothing_is_told(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="neither a file nor a folder"):
        import_files(settings, [str(tmp_path / "nothing*.csv")])


ANY_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12) | st.sampled_from(
    [
        "",
        "Lifetime",
        "1,250",
        "1.22158E+17",
        '"',
        ";",
        "\n",
        "--",
        "11/19/2026 20:15",
        "99999999999999999999",
        "\ufeff",
        "=",
    ]
)
ANY_BYTES = st.binary(max_size=400) | st.builds(
    lambda rows, encoding, end: ("\n".join(",".join(row) for row in rows)).encode(encoding, "replace") + end,
    st.lists(st.lists(ANY_CELL, max_size=8), max_size=6),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1251"]),
    st.binary(max_size=3),
)


FEW = hypothesis_settings(max_examples=60, deadline=None)


def test_whatever_the_bytes_the_reader_says_one_thing(settings: Settings, tmp_path: Path) -> None:
    with importing(settings, Options(is_dry_run=True)) as importer:

        @FEW
        @given(content=ANY_BYTES)
        def holds(content: bytes) -> None:
            (outcome,) = importer.bring_in(written(tmp_path, content))
            assert outcome.state in ("recognised", "refused")

        holds()


def test_whatever_a_row_holds_it_is_brought_in_or_rejected_and_counted(settings: Settings, tmp_path: Path) -> None:
    with importing(settings, Options(is_dry_run=True)) as importer:

        @FEW
        @given(cells=st.dictionaries(st.sampled_from(sorted(facebook_post())), ANY_CELL, max_size=5))
        def holds(cells: dict[str, str]) -> None:
            rows = [facebook_post(1), facebook_post(2) | cells]
            (outcome,) = importer.bring_in(written(tmp_path, table(rows)))
            assert outcome.state == "recognised", outcome.problem
            assert outcome.rows == 2

        holds()
