"""What one pass over a file's bytes tells: its SHA-256, whether it is UTF-8, and how many records its lines are."""

import codecs
import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file's bytes are.

    `records` is the number of its last record, counted from 1 and blank lines too; it is right for text whose quotation
    marks come in pairs, and another reading has to agree with it.
    """

    sha256: str
    not_utf8_at: int | None
    """The first byte at which it is no UTF-8 any more; None when it is to its end."""
    nul_at: int | None
    records: int


class Passing:
    """Takes a file's bytes one part after another."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._position = 0
        self._not_utf8_at: int | None = None
        self._nul_at: int | None = None
        self._is_quoted = 0
        self._ends = self._last_ends = 0
        """Line ends outside quotation marks; those with nothing but line ends behind them."""

    def take(self, part: bytes) -> None:
        """Look at the next part."""
        self._digest.update(part)
        self._decode(part, final=False)
        if self._nul_at is None and (at := part.find(b"\x00")) >= 0:
            self._nul_at = self._position + at
        self._count(part)
        self._position += len(part)

    def seen(self) -> Seen:
        """What they all are."""
        self._decode(b"", final=True)
        records = self._ends - self._last_ends + 1
        return Seen(self._digest.hexdigest(), self._not_utf8_at, self._nul_at, records)

    def _decode(self, part: bytes, *, final: bool) -> None:
        if self._not_utf8_at is None:
            pending = len(self._decoder.getstate()[0])
            try:
                self._decoder.decode(part, final=final)
            except UnicodeDecodeError as error:
                self._not_utf8_at = self._position - pending + error.start

    def _count(self, part: bytes) -> None:
        pieces = part.split(b'"')
        self._ends += sum(piece.count(b"\n") for piece in pieces[self._is_quoted :: 2])
        self._is_quoted = (self._is_quoted + len(pieces) - 1) % 2
        behind = part[len(part.rstrip(b"\r\n")) :].count(b"\n")
        self._last_ends = behind + (self._last_ends if len(part.strip(b"\r\n")) == 0 else 0)
