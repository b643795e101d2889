"""ZIP files and workbooks from outside: opened within limits, so that no file costs more than it may."""

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from ingest.adapters.exports.copies import AT_ONCE, Copy
from ingest.adapters.exports.seen import Passing
from ingest.domain.errors import ImportRefused

MOST_ENTRIES, MOST_BYTES, HIGHEST_RATIO = 100, 200 * 1024**2, 100
WORKBOOK_ENTRIES, WORKBOOK_RATIO = 2_000, 250
MOST_WORDS = 32 * 1024**2
"""The texts of a workbook, which lie in memory together while it is read."""
ALWAYS_ALLOWED = 1024 * 1024
"""A member of at most this size is no bomb, however well it is packed."""
TABLES = (".csv", ".tsv", ".txt", ".xlsx")
ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tar", ".tgz", ".bz2", ".xz")
OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
NOT_TABLES = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture, sound or film"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "a database"),
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (b"<!DOCTYPE html", "a web page that was saved in the place of the file"),
    (b"<html", "a web page that was saved in the place of the file"),
)


def form_of(copy: Copy) -> str:
    """What the bytes are, whatever the name says: `text`, `workbook` or `archive`.

    Raises: ImportRefused for what holds no table.
    """
    with copy.path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(OLE):
        raise ImportRefused(
            f"{copy.shown} is a workbook with a password, or one of before 2007. Save it as .xlsx without a password."
        )
    for magic, what in NOT_TABLES:
        if start.lstrip().lower().startswith(magic.lower()):
            raise ImportRefused(f"{copy.shown} is {what}, no table. Export it again as CSV.")
    if not start.startswith(ZIP):
        return "text"
    names = _names(copy)
    if "xl/vbaProject.bin" in names:
        raise ImportRefused(f"{copy.shown} is a workbook with macros. Save it as .xlsx, without macros.")
    return "workbook" if "xl/workbook.xml" in names else "archive"


def require_modest_workbook(copy: Copy) -> None:
    """Nothing for a workbook that unpacks to a reasonable size.

    Raises: ImportRefused.
    """
    with _opened(copy) as archive:
        _within_limits(copy, archive.infolist(), most=WORKBOOK_ENTRIES, ratio=WORKBOOK_RATIO)
        words = sum(one.file_size for one in archive.infolist() if one.filename.lower().endswith("sharedstrings.xml"))
    if words > MOST_WORDS:
        raise ImportRefused(
            f"{copy.shown} is a workbook with {words:,} bytes of text: more than {MOST_WORDS:,}. Export it as CSV."
        )


def members_of(copy: Copy, into: Path) -> Iterator[Copy]:
    """The tables inside a ZIP, each as a copy of its own.

    Raises: ImportRefused for a bomb, a nested archive, a path that leads out, a password.
    """
    with _opened(copy) as archive:
        entries = [one for one in archive.infolist() if not one.is_dir() and not _is_of_the_system(one.filename)]
        _within_limits(copy, entries, most=MOST_ENTRIES, ratio=HIGHEST_RATIO)
        for entry in entries:
            _require_plain(copy, entry)
        tables = [one for one in entries if _suffix(one) in TABLES]
        if not tables:
            raise ImportRefused(f"{copy.shown} holds no table ({', '.join(TABLES)}). Was the right file chosen?")
        for number, entry in enumerate(tables):
            yield _member(copy, archive, entry, into / f"{copy.path.stem}-{number:03d}")


def _member(copy: Copy, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, stem: Path) -> Copy:
    name = PurePosixPath(entry.filename).name
    target, passing, left = stem.with_suffix(PurePosixPath(name).suffix.lower()), Passing(), entry.file_size
    try:
        with archive.open(entry) as source, target.open("xb") as file:
            while chunk := source.read(min(AT_ONCE, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise ImportRefused(f"{copy.shown} holds more in {name} than it says: it is damaged or a trap.")
                passing.take(chunk)
                file.write(chunk)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        raise ImportRefused(f"{copy.shown} is damaged at {name}: {error}. Download it again.") from None
    if not entry.file_size:
        raise ImportRefused(f"{copy.shown} › {name} is empty. Export it again.")
    written = datetime(*entry.date_time, tzinfo=UTC) if entry.date_time[0] > 1980 else copy.modified_at  # noqa: PLR2004
    seen = passing.seen()
    inner = replace(copy, name=name, path=target, sha256=seen.sha256, seen=seen, modified_at=written, archive=copy.name)
    if form_of(inner) == "archive":
        raise _nested(copy, name)
    return inner


def _nested(copy: Copy, name: str) -> ImportRefused:
    return ImportRefused(f"{copy.shown} holds another archive, {name}. Unpack it first.")


def _suffix(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename).suffix.lower()


def _within_limits(copy: Copy, entries: list[zipfile.ZipInfo], *, ratio: int, most: int) -> None:
    unpacked, packed = sum(one.file_size for one in entries), sum(one.compress_size for one in entries)
    if len(entries) > most:
        raise ImportRefused(f"{copy.shown} holds {len(entries):,} files: more than {most}. Import fewer.")
    if unpacked > MOST_BYTES or (unpacked > ALWAYS_ALLOWED and unpacked > ratio * max(packed, 1)):
        raise ImportRefused(
            f"{copy.shown} would unpack from {packed:,} to {unpacked:,} bytes: it is too large, or a trap. "
            "Import the tables themselves."
        )


def _require_plain(copy: Copy, entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise ImportRefused(f"{copy.shown} holds a path that leads out of it, {entry.filename!r}: it is a trap.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ImportRefused(f"{copy.shown} holds a link, {entry.filename!r}. Import the tables themselves.")
    if _suffix(entry) in ARCHIVES:
        raise _nested(copy, PurePosixPath(entry.filename).name)
    if entry.flag_bits & 1:
        raise ImportRefused(f"{copy.shown} has a password. Unpack it, and import the tables.")


def _is_of_the_system(name: str) -> bool:
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in {".DS_Store", "Thumbs.db", "desktop.ini"}


def _names(copy: Copy) -> set[str]:
    with _opened(copy) as archive:
        return set(archive.namelist())


def _opened(copy: Copy) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(copy.path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ImportRefused(f"{copy.shown} is a damaged ZIP or workbook: {error}. Download it again.") from None
