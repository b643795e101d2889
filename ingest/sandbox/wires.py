"""Wires: how an answer is spoiled on its way; each takes the exchange and sends what the client gets instead."""

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

from ingest.sandbox.fault_front import CLOSE, Exchange, Wire
from ingest.sandbox.loopback import HOST

DEEP = b"[" * 100_000
BAD_USAGE = b"x-app-usage: {\r\nx-business-use-case-usage: [1]\r\n"
FULL_USAGE = b'x-app-usage: {"call_count":150,"total_time":100,"total_cputime":100}\r\n'
ODD_USAGE = b'x-app-usage: {"call_count":-7,"total_time":"100"}\r\nx-page-usage: {"call_count":1e9}\r\n'
INSIGHTS_OF = re.compile(r'("id":"\d+[\d_]*)\\/insights')
DRIP_SECONDS, SILENT_SECONDS = 0.2, 5.0
LONGEST_DAYS = 40


@cache
def bomb() -> bytes:
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


def cut(exchange: Exchange) -> None:
    """Fewer bytes than were promised."""
    body = exchange.own_body()
    exchange.send(body[: len(body) // 2], length=len(body))


def cut_chunked(exchange: Exchange) -> None:
    """A chunked answer without its end."""
    body = exchange.own_body()[:100]
    head = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n" + CLOSE + b"\r\n"
    exchange.client.sendall(head + f"{len(body):x}\r\n".encode() + body + b"\r\n")


def drip(exchange: Exchange) -> None:
    """A byte now and then."""
    body = exchange.own_body()
    exchange.client.sendall(b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n" % len(body))
    for byte in body[:200]:
        exchange.client.sendall(bytes([byte]))
        time.sleep(DRIP_SECONDS)


def reset_in_body(exchange: Exchange) -> None:
    """The connection breaks off within the body."""
    exchange.client.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 5000\r\n\r\n" + exchange.own_body()[:50])
    exchange.reset()


def reset_in_headers(exchange: Exchange) -> None:
    """The connection breaks off within the headers."""
    exchange.client.sendall(b"HTTP/1.1 200 X\r\nContent-Le")
    exchange.reset()


def silent(exchange: Exchange) -> None:
    """Headers, and then nothing."""
    exchange.client.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 5000\r\n\r\n")
    time.sleep(SILENT_SECONDS)


def to_evil(status: int) -> Wire:
    """A redirect to the evil host."""
    return lambda exchange: exchange.send(b"", status, f"Location: {exchange.evil}/steal\r\n".encode())


def to_itself(exchange: Exchange) -> None:
    """A redirect to the same address."""
    exchange.send(b"", 302, f"Location: {exchange.target}\r\n".encode())


def next_at_evil(before: str) -> Wire:
    """The next page is at the evil host; `before` stands between its scheme and its name."""

    def wire(exchange: Exchange) -> None:
        body = json.loads(exchange.own_body())
        parts = urlsplit(body["paging"]["next"])
        body["paging"]["next"] = f"http://{before}{urlsplit(exchange.evil).netloc}{parts.path}?{parts.query}"
        exchange.send(json.dumps(body).encode())

    return wire


def empty_with_next(exchange: Exchange) -> None:
    """No object on the page, and a next page."""
    body = {"data": [], "paging": {"next": f"http://{HOST}{exchange.target}&__paging_token=again"}}
    exchange.send(json.dumps(body).encode())


def in_a_circle(exchange: Exchange) -> None:
    """The next page is the same one."""
    body = json.loads(exchange.own_body())
    body["paging"]["next"] = f"http://{HOST}{exchange.target}"
    exchange.send(json.dumps(body).encode())


def without_cursors(body: Any) -> Any:
    """A next page, and no cursors."""
    body.get("paging", {}).pop("cursors", None)
    return body


def last_twice(body: Any) -> Any:
    """The last object stands twice."""
    return body | {"data": [*body["data"], body["data"][-1]]}


def first_left_out(body: Any) -> Any:
    """The first object is missing."""
    return body | {"data": body["data"][1:]}


def shuffled(body: Any) -> Any:
    """The objects in another order."""
    return body | {"data": body["data"][::-1]}


def without_insights(body: Any) -> Any:
    """The first object has no insights."""
    body["data"][0].pop("insights")
    return body


def with_unknown_metric(body: Any) -> Any:
    """A metric that nobody asked for."""
    body["data"][0]["insights"]["data"].append({"name": "brand_new", "period": "lifetime", "values": [{"value": 1}]})
    return body


def first_value(value: object) -> Callable[[Any], Any]:
    """The first number of the page is this."""

    def change(body: Any) -> Any:
        body["data"][0]["insights"]["data"][0]["values"][0]["value"] = value
        return body

    return change


def first_time(text: str | None) -> Callable[[Any], Any]:
    """The first time of the page is this."""

    def change(body: Any) -> Any:
        body["data"][0]["created_time"] = text
        return body

    return change


def null_part(body: Any) -> Any:
    """The first part of a batch did not finish."""
    return [None, *body[1:]]


def of_another(body: Any) -> Any:
    """The first part of a batch is about another object."""
    part = body[0]
    return [part | {"body": json.dumps(json.loads(part["body"]) | {"id": "999"})}, *body[1:]]


def insights_of_another(body: Any) -> Any:
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


def is_long(_: str, params: dict[str, str]) -> bool:
    """Whether the window of a part is longer than Meta likes."""
    if "since" not in params or params["since"].isdecimal():
        return False
    return (date.fromisoformat(params["until"]) - date.fromisoformat(params["since"])).days > LONGEST_DAYS


def is_of_stories(path: str, _: dict[str, str]) -> bool:
    """Whether a part asks for stories."""
    return path.endswith("/stories")


def token_said_back(exchange: Exchange) -> None:
    """An error that says the token of the request back."""
    token = exchange.request.partition(b"Bearer ")[2].partition(b"\r\n")[0].decode("latin-1")
    error(190, f"Malformed access token {token}")(exchange)


def padded(body: Any) -> Any:
    """A page with more bytes than anybody needs, the larger the more objects it holds."""
    return body | {"data": [one | {"padding": "0" * 512 * 1024} for one in body["data"]]}


def denormalised(body: Any) -> Any:
    """Every text with its letters taken apart."""
    return body | {"data": [one | {"message": unicodedata.normalize("NFD", one["message"])} for one in body["data"]]}


def of_another_app(body: Any) -> Any:
    """The token is of another app."""
    return body | {"data": body["data"] | {"app_id": "4711"}}
