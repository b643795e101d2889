"""The canary: secrets whose letters every encoding writes in its own way, and where they are looked for."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import zstandard

from ingest.sandbox.tokens import Tokens

STRANGE = "EAA/Can+ary=0123\"x%4&é'<;"
"""Letters that addresses, JSON, HTML and base64 write in their own ways; beyond ASCII what a header can carry."""


@contextmanager
def strange_secrets(tokens: Tokens) -> Iterator[None]:
    """Every token and the app's secret hold strange letters, until the context ends."""
    plain, secret = dict(tokens.given), tokens.app_secret
    tokens.app_secret = f"{STRANGE}secret"
    tokens.given = {}
    for number, token in enumerate(plain.values()):
        value = f"{tokens.app_id}|{tokens.app_secret}" if token.kind == "APP" else f"{STRANGE}{number:03}"
        tokens.give(replace(token, value=value))
    yield
    tokens.given, tokens.app_secret = plain, secret


def secrets_of(tokens: Tokens) -> list[str]:
    """All that must be found nowhere: the secret of the app, every token, and the proof of each."""
    key = tokens.app_secret.encode()
    proofs = [hmac.new(key, one.encode(), hashlib.sha256).hexdigest() for one in tokens.given]
    return [tokens.app_secret, *tokens.given, *proofs]


def spellings(secret: str) -> set[bytes]:
    """A secret plain, url-encoded, JSON-escaped (as Meta does, too), as Python shows it, and in the three ways in
    which base64 holds it."""
    inner = [base64.b64encode(b"x" * shift + secret.encode())[4:-4] for shift in range(3)]
    in_urls = [one.replace(b"+", b"-").replace(b"/", b"_") for one in inner]
    escaped = [json.dumps(secret, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)]
    meta = [one.replace("/", "\\/") for one in escaped]
    encoded = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    lower = {one.replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d") for one in encoded}
    plain = (secret, repr(secret)[1:-1], *escaped, *meta, *encoded, *lower)
    return {one.encode() for one in plain} | {secret.encode("latin-1")} | set(inner) | set(in_urls)


def content(path: Path) -> bytes:
    """The bytes of a file, unpacked if it is a landed one."""
    data = path.read_bytes()
    return zstandard.ZstdDecompressor().decompress(data) if path.suffix == ".zst" else data


def found_in(texts: Iterable[tuple[str, bytes]], secrets: Iterable[str]) -> list[tuple[str, bytes]]:
    """In which of the named texts a secret is found, and how it is spelled there."""
    wanted = {spelling for one in secrets for spelling in spellings(one)}
    return [(name, spelling) for name, text in texts for spelling in wanted if spelling in text]


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a folder, by its name."""
    return ((str(path), content(path)) for path in folder.rglob("*") if path.is_file())
