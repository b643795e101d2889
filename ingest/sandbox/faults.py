"""The faults: every way in which an answer can be spoiled, by its number in the project's catalogue of faults.

What the numbers mean is said beside them; a test per fault says what the client must make of it.
"""

import gzip
import json
import re
import time
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from ingest.sandbox.fault_front import CLOSE, Exchange, Fault, Wire
from ingest.sandbox.loopback import HOST

DEEP = b"[" * 100_000
BAD_USAGE = b"x-app-usage: {\r\nx-business-use-case-usage: [1]\r\n"
FULL_USAGE = b'x-app-usage: {"call_count":150,"total_time":100,"total_cputime":100}\r\n'
ODD_USAGE = b'x-app-usage: {"call_count":-7,"total_time":"100"}\r\nx-page-usage: {"call_count":1e9}\r\n'
INSIGHTS_OF = re.compile(r'("id":"\d+[\d_]*)\\/insights')
DRIP_SECONDS, SILENT_SECONDS = 0.2, 5.0
LONGEST_DAYS = 40


@cache
def _bomb() -> bytes:
    """A few bytes that unpack to many."""
    return gzip.compress(b'{"data":"' + b"0" * (80 * 1024 * 1024) + b'"}')


def answers(body: bytes, status: int = 200, headers: bytes = b"") -> Wire:
    """Answer with this, whatever was asked."""
    return lambda exchange: exchange.send(body, status, headers)


def error(code: int, text: str = "It failed", status: int = 400, **more: object) -> Wire:
    """Answer with an error as Meta shapes it."""
    return answers(json.dumps({"error": {"message": text, "code": code, **more}}).encode(), status)


def changes(change: Callable[[Any], Any]) -> Wire:
    """Answer with the sandbox's own JSON, changed."""
    return lambda exchange: exchange.send(json.dumps(change(json.loads(exchange.own_body()))).encode())


def rewrites(old: bytes, new: bytes) -> Wire:
    """Answer with the sandbox's own bytes, some of them replaced, once."""
    return lambda exchange: exchange.send(exchange.own_body().replace(old, new, 1))


def _cut(exchange: Exchange) -> None:
    body = exchange.own_body()
    exchange.send(body[: len(body) // 2], length=len(body))


def _cut_chunked(exchange: Exchange) -> None:
    body = exchange.own_body()[:100]
    head = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n" + CLOSE + b"\r\n"
    exchange.client.sendall(head + f"{len(body):x}\r\n".encode() + body + b"\r\n")


def _drip(exchange: Exchange) -> None:
    body = exchange.own_body()
    exchange.client.sendall(b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n" % len(body))
    for byte in body[:200]:
        exchange.client.sendall(bytes([byte]))
        time.sleep(DRIP_SECONDS)


def _reset_in_body(exchange: Exchange) -> None:
    exchange.client.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 5000\r\n\r\n" + exchange.own_body()[:50])
    exchange.reset()


def _reset_in_headers(exchange: Exchange) -> None:
    exchange.client.sendall(b"HTTP/1.1 200 X\r\nContent-Le")
    exchange.reset()


def _silent(exchange: Exchange) -> None:
    exchange.client.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 5000\r\n\r\n")
    time.sleep(SILENT_SECONDS)


def _to_evil(status: int) -> Wire:
    return lambda exchange: exchange.send(b"", status, f"Location: {exchange.evil}/steal\r\n".encode())


def _to_itself(exchange: Exchange) -> None:
    exchange.send(b"", 302, f"Location: {exchange.target}\r\n".encode())


def _next_at_evil(before: str) -> Wire:
    """The next page is at the evil host; `before` stands between its scheme and its name."""

    def wire(exchange: Exchange) -> None:
        body = json.loads(exchange.own_body())
        parts = urlsplit(body["paging"]["next"])
        body["paging"]["next"] = f"http://{before}{urlsplit(exchange.evil).netloc}{parts.path}?{parts.query}"
        exchange.send(json.dumps(body).encode())

    return wire


def _empty_with_next(exchange: Exchange) -> None:
    body = {"data": [], "paging": {"next": f"http://{HOST}{exchange.target}&__paging_token=again"}}
    exchange.send(json.dumps(body).encode())


def _in_a_circle(exchange: Exchange) -> None:
    body = json.loads(exchange.own_body())
    body["paging"]["next"] = f"http://{HOST}{exchange.target}"
    exchange.send(json.dumps(body).encode())


def _without_cursors(body: Any) -> Any:
    body.get("paging", {}).pop("cursors", None)
    return body


def _last_twice(body: Any) -> Any:
    return body | {"data": [*body["data"], body["data"][-1]]}


def _first_left_out(body: Any) -> Any:
    return body | {"data": body["data"][1:]}


def _shuffled(body: Any) -> Any:
    return body | {"data": body["data"][::-1]}


def _without_insights(body: Any) -> Any:
    body["data"][0].pop("insights")
    return body


def _with_unknown_metric(body: Any) -> Any:
    body["data"][0]["insights"]["data"].append({"name": "brand_new", "period": "lifetime", "values": [{"value": 1}]})
    return body


def _first_value(value: object) -> Callable[[Any], Any]:
    def change(body: Any) -> Any:
        body["data"][0]["insights"]["data"][0]["values"][0]["value"] = value
        return body

    return change


def _first_time(text: str | None) -> Callable[[Any], Any]:
    def change(body: Any) -> Any:
        body["data"][0]["created_time"] = text
        return body

    return change


def _null_part(body: Any) -> Any:
    return [None, *body[1:]]


def _of_another(body: Any) -> Any:
    part = body[0]
    return [part | {"body": json.dumps(json.loads(part["body"]) | {"id": "999"})}, *body[1:]]


def _insights_of_another(body: Any) -> Any:
    """Each insight says that it is of the object beside."""
    return [part | {"body": INSIGHTS_OF.sub(r"\g<1>9\\/insights", part["body"])} if part else part for part in body]


def in_parts(matches: Callable[[str, dict[str, str]], bool], code: int, text: str) -> Wire:
    """Refuse those parts of a batch whose path and parameters match; the others are the sandbox's own."""

    def wire(exchange: Exchange) -> None:
        form = parse_qs(exchange.request.partition(b"\r\n\r\n")[2].decode())
        asked = [urlsplit(part["relative_url"]) for part in json.loads(form["batch"][0])]
        refused = {"code": 400, "headers": [], "body": json.dumps({"error": {"message": text, "code": code}})}
        own = json.loads(exchange.own_body())
        parts = [
            refused if matches(one.path, dict(parse_qsl(one.query))) else part
            for one, part in zip(asked, own, strict=True)
        ]
        exchange.send(json.dumps(parts).encode())

    return wire


def _is_long(_: str, params: dict[str, str]) -> bool:
    if "since" not in params or params["since"].isdecimal():
        return False
    return (date.fromisoformat(params["until"]) - date.fromisoformat(params["since"])).days > LONGEST_DAYS


def _is_of_stories(path: str, _: dict[str, str]) -> bool:
    return path.endswith("/stories")


def _token_said_back(exchange: Exchange) -> None:
    token = exchange.request.partition(b"Bearer ")[2].partition(b"\r\n")[0].decode("latin-1")
    error(190, f"Malformed access token {token}")(exchange)


def _padded(body: Any) -> Any:
    """A page with more bytes than anybody needs, the larger the more objects it holds."""
    return body | {"data": [one | {"padding": "0" * 512 * 1024} for one in body["data"]]}


def _denormalised(body: Any) -> Any:
    return body | {"data": [one | {"message": unicodedata.normalize("NFD", one["message"])} for one in body["data"]]}


def _of_another_app(body: Any) -> Any:
    return body | {"data": body["data"] | {"app_id": "4711"}}


HTML = b"<html><body>Sorry, something went wrong.</body></html>"
REDUCE = "Please reduce the amount of data you're asking for, then retry your request"
TOKEN_SUBCODES = (458, 459, 460, 463, 464, 467, 490, 492)
UNKNOWN_CODE = "an error with a code that nobody knows"
UNKNOWN_CODE_500 = "the same, in a 500"
FIRST = b'"values":[{"value":'
FAULTS = (
    Fault("F01", "an error that passes, in a 200", error(2, "Service temporarily unavailable", 200, is_transient=True)),
    *(Fault("F02", f"quota, code {code}", error(code)) for code in (4, 17, 32, 613)),
    *(Fault("F03", f"quota of a Page or account, code {code}", error(code)) for code in (80001, 80002, 80004)),
    Fault("F04", "429 without a body", answers(b"", 429)),
    *(
        Fault("F04", f"429 with {what}", answers(b"", 429, b"Retry-After: %b\r\n" % wait))
        for what, wait in (
            ("a wait that is too long", b"1000000000"),
            ("a wait below nothing", b"-5"),
            ("a date to wait for", b"Wed, 25 Nov 2026 21:00:00 GMT"),
        )
    ),
    *(Fault("F05", f"token, subcode {sub}", error(190, error_subcode=sub)) for sub in TOKEN_SUBCODES),
    Fault("F05", "token, with data that are a text", error(190, error_subcode=463, error_data="it is over")),
    Fault("F05", "token, which is said back", _token_said_back),
    *(Fault("F06", f"permission, code {code}", error(code)) for code in (102, 10, 230)),
    Fault("F06", "permission for one list", in_parts(_is_of_stories, 10, "(#10) Application does not have permission")),
    Fault("F07", "a parameter is refused", error(100, "(#100) Invalid parameter")),
    Fault("F08", "the object is gone", error(100, "Unsupported get request", error_subcode=33)),
    Fault("F08", "the name is nobody's", error(803, "(#803) Some of the aliases you requested do not exist", 404)),
    Fault("F09", "a metric that is none", error(100, "(#100) The value must be a valid insights metric")),
    Fault("F10", "too much data", error(1, REDUCE, 500)),
    Fault("F11", "a window that is too long", in_parts(_is_long, 3018, "(#3018) The start date is too old")),
    *(Fault("F12", f"stopped, code {code}", error(code)) for code in (368, 2635, 12)),
    Fault("F13", "an error without a code", answers(b'{"error":{"message":"x"}}', 400)),
    Fault("F13", "an error that is a text", answers(b'{"error":"x"}', 400)),
    Fault("F13", UNKNOWN_CODE, error(987_654, "Nobody has seen this")),
    Fault("F13", UNKNOWN_CODE_500, error(987_654, "Nobody has seen this", 500)),
    *(Fault("F14", f"{status} with HTML", answers(HTML, status)) for status in (500, 502, 503, 504)),
    Fault("F15", "503 with JSON that is no error", answers(b'{"data":[]}', 503)),
    Fault("F16", "200 with HTML", answers(HTML)),
    Fault("F16", "200 with JSON of somebody else", answers(b'{"login":"required"}')),
    *(Fault("F17", f"200 with {body!r}", answers(body)) for body in (b"", b"null", b"[]", b'""', b"5")),
    Fault("F18", "JSON that ends too early", lambda exchange: exchange.send(exchange.own_body()[:-40])),
    Fault("F19", "fewer bytes than were promised", _cut),
    Fault("F20", "a chunked answer without its end", _cut_chunked),
    Fault("F22", "a reset before the answer", Exchange.reset),
    Fault("F22", "a reset within the headers", _reset_in_headers),
    Fault("F22", "a reset within the body", _reset_in_body),
    Fault("F23", "an answer that drips", _drip),
    Fault("F23", "an answer that falls silent", _silent),
    Fault("F24", "a gzip bomb", lambda exchange: exchange.send(_bomb(), headers=b"Content-Encoding: gzip\r\n")),
    Fault("F24", "gzip that is none", answers(b"no gzip", headers=b"Content-Encoding: gzip\r\n")),
    Fault("F24", "an encoding that nobody asked for", answers(b"\x1b\x02\x00", headers=b"Content-Encoding: br\r\n")),
    Fault("F25", "nested too deep", answers(b'{"data":' + DEEP)),
    Fault("F25", "a page of many bytes", changes(_padded)),
    *(Fault("F26", f"a redirect, {status}", _to_evil(status)) for status in (301, 302, 307, 308)),
    Fault("F26", "a redirect to itself", _to_itself),
    Fault("F26", "a redirect to a file", answers(b"", 302, b"Location: file:///etc/passwd\r\n")),
    Fault("F27", "the next page on another host", _next_at_evil("")),
    Fault("F27", "the next page on a host behind a name", _next_at_evil("graph.facebook.com@")),
    Fault("F28", "a next page without cursors", changes(_without_cursors)),
    Fault("F29", "an empty page with a next one", _empty_with_next),
    Fault("F30", "pages that go in a circle", _in_a_circle),
    Fault("F31", "a cursor that is over", error(2642, "(#2642) Invalid cursors values")),
    Fault("F32", "a post twice", changes(_last_twice)),
    Fault("F33", "a post that is left out", changes(_first_left_out)),
    Fault("F34", "posts in another order", changes(_shuffled)),
    Fault("F35", "a post without insights", changes(_without_insights)),
    Fault("F36", "a number that is corrected", changes(_first_value(7))),
    Fault("F37", "a metric that nobody asked for", changes(_with_unknown_metric)),
    *(
        Fault("F38", f"a number as {type(value).__name__}", changes(_first_value(value)))
        for value in ("12", {"a": 1}, [1], 1.5, True)
    ),
    *(Fault("F39", f"a number that is {value}", changes(_first_value(value))) for value in (None, -5)),
    Fault("F39", "a number that is NaN", rewrites(FIRST, FIRST + b"NaN,\"x\":")),
    *(Fault("F40", f"a number of {len(str(value))} digits", changes(_first_value(value))) for value in (2**60, 2**70)),
    Fault("F40", "a number of 4,000 digits", rewrites(FIRST, FIRST + b"9" * 4000)),
    Fault("F41", "a key twice", rewrites(b'{"data"', b'{"data":[],"data"')),
    Fault("F42", "bytes that are no UTF-8", rewrites(b'"message":"', b'"message":"\xff\xfe')),
    Fault("F42", "a lone surrogate", rewrites(b'"message":"', b'"message":"\\ud800')),
    Fault("F42", "a NUL", rewrites(b'"message":"', b'"message":"\\u0000')),
    Fault("F42", "a byte order mark", lambda exchange: exchange.send(b"\xef\xbb\xbf" + exchange.own_body())),
    Fault("F43", "texts with their letters taken apart", changes(_denormalised)),
    Fault("F44", "a time of long ago", changes(_first_time("0001-01-01T00:00:00+0000"))),
    Fault("F44", "a time of another age", changes(_first_time("9999-12-31T23:59:59-1200"))),
    Fault("F44", "a time that ends with Z", changes(_first_time("2024-02-01T10:00:00Z"))),
    Fault("F44", "a time without a zone", changes(_first_time("2024-02-01T10:00:00"))),
    Fault("F44", "no time", changes(_first_time(None))),
    Fault("F46", "a post that is hidden", changes(_first_left_out)),
    Fault("F48", "a part of a batch that did not finish", changes(_null_part)),
    Fault("F49", "the answer about another object", changes(_of_another)),
    Fault("F49", "insights of another object", changes(_insights_of_another)),
    Fault("F50", "a token of another app", changes(_of_another_app)),
    Fault("F51", "usage below nothing", lambda exchange: exchange.send(exchange.own_body(), headers=ODD_USAGE)),
    Fault("F51", "usage above all", lambda exchange: exchange.send(exchange.own_body(), headers=FULL_USAGE)),
    Fault("F51", "usage that is no JSON", lambda exchange: exchange.send(exchange.own_body(), headers=BAD_USAGE)),
)  # fmt: skip
"""Every fault by its number in the project's catalogue of faults; several ways of one share the number."""
