"""The faults: every way in which an answer can be spoiled, by its number in the project's catalogue of faults.

What the numbers mean is said beside them; a test per fault says what the client must make of it.
"""

from ingest.sandbox import wires
from ingest.sandbox.fault_front import Exchange, Fault

HTML = b"<html><body>Sorry, something went wrong.</body></html>"
REDUCE = "Please reduce the amount of data you're asking for, then retry your request"
TOKEN_SUBCODES = (458, 459, 460, 463, 464, 467, 490, 492)
UNKNOWN_CODE = "an error with a code that nobody knows"
UNKNOWN_CODE_500 = "the same, in a 500"
FIRST = b'"values":[{"value":'
FAULTS = (
    Fault("F01", "an error that passes, in a 200", wires.error(2, "Service unavailable", 200, is_transient=True)),
    *(Fault("F02", f"quota, code {code}", wires.error(code)) for code in (4, 17, 32, 613)),
    *(Fault("F03", f"quota of a Page or account, code {code}", wires.error(code)) for code in (80001, 80002, 80004)),
    Fault("F04", "429 without a body", wires.answers(b"", 429)),
    *(
        Fault("F04", f"429 with {what}", wires.answers(b"", 429, b"Retry-After: %b\r\n" % wait))
        for what, wait in (
            ("a wait that is too long", b"1000000000"),
            ("a wait below nothing", b"-5"),
            ("a date to wait for", b"Wed, 25 Nov 2026 21:00:00 GMT"),
        )
    ),
    *(Fault("F05", f"token, subcode {sub}", wires.error(190, error_subcode=sub)) for sub in TOKEN_SUBCODES),
    Fault("F05", "token, with data that are a text", wires.error(190, error_subcode=463, error_data="it is over")),
    Fault("F05", "token, which is said back", wires.token_said_back),
    *(Fault("F06", f"permission, code {code}", wires.error(code)) for code in (102, 10, 230)),
    Fault("F06", "permission for one list", wires.in_parts(wires.is_of_stories, 10, "(#10) No permission for this")),
    Fault("F07", "a parameter is refused", wires.error(100, "(#100) Invalid parameter")),
    Fault("F08", "the object is gone", wires.error(100, "Unsupported get request", error_subcode=33)),
    Fault("F08", "the name is nobody's", wires.error(803, "(#803) Some of the aliases do not exist", 404)),
    Fault("F09", "a metric that is none", wires.error(100, "(#100) The value must be a valid insights metric")),
    Fault("F10", "too much data", wires.error(1, REDUCE, 500)),
    Fault("F11", "a window that is too long", wires.in_parts(wires.is_long, 3018, "(#3018) The start date is too old")),
    *(Fault("F12", f"stopped, code {code}", wires.error(code)) for code in (368, 2635, 12)),
    Fault("F13", "an error without a code", wires.answers(b'{"error":{"message":"x"}}', 400)),
    Fault("F13", "an error that is a text", wires.answers(b'{"error":"x"}', 400)),
    Fault("F13", UNKNOWN_CODE, wires.error(987_654, "Nobody has seen this")),
    Fault("F13", UNKNOWN_CODE_500, wires.error(987_654, "Nobody has seen this", 500)),
    *(Fault("F14", f"{status} with HTML", wires.answers(HTML, status)) for status in (500, 502, 503, 504)),
    Fault("F15", "503 with JSON that is no error", wires.answers(b'{"data":[]}', 503)),
    Fault("F16", "200 with HTML", wires.answers(HTML)),
    Fault("F16", "200 with JSON of somebody else", wires.answers(b'{"login":"required"}')),
    *(Fault("F17", f"200 with {body!r}", wires.answers(body)) for body in (b"", b"null", b"[]", b'""', b"5")),
    Fault("F18", "JSON that ends too early", lambda exchange: exchange.send(exchange.own_body()[:-40])),
    Fault("F19", "fewer bytes than were promised", wires.cut),
    Fault("F20", "a chunked answer without its end", wires.cut_chunked),
    Fault("F22", "a reset before the answer", Exchange.reset),
    Fault("F22", "a reset within the headers", wires.reset_in_headers),
    Fault("F22", "a reset within the body", wires.reset_in_body),
    Fault("F23", "an answer that drips", wires.drip),
    Fault("F23", "an answer that falls silent", wires.silent),
    Fault("F24", "a gzip bomb", lambda exchange: exchange.send(wires.bomb(), headers=b"Content-Encoding: gzip\r\n")),
    Fault("F24", "gzip that is none", wires.answers(b"no gzip", headers=b"Content-Encoding: gzip\r\n")),
    Fault("F24", "an encoding that nobody asked for", wires.answers(b"\x1b\x02", headers=b"Content-Encoding: br\r\n")),
    Fault("F25", "nested too deep", wires.answers(b'{"data":' + wires.DEEP)),
    Fault("F25", "a page of many bytes", wires.changes(wires.padded)),
    *(Fault("F26", f"a redirect, {status}", wires.to_evil(status)) for status in (301, 302, 307, 308)),
    Fault("F26", "a redirect to itself", wires.to_itself),
    Fault("F26", "a redirect to a file", wires.answers(b"", 302, b"Location: file:///etc/passwd\r\n")),
    Fault("F27", "the next page on another host", wires.next_at_evil("")),
    Fault("F27", "the next page on a host behind a name", wires.next_at_evil("graph.facebook.com@")),
    Fault("F28", "a next page without cursors", wires.changes(wires.without_cursors)),
    Fault("F29", "an empty page with a next one", wires.empty_with_next),
    Fault("F30", "pages that go in a circle", wires.in_a_circle),
    Fault("F31", "a cursor that is over", wires.error(2642, "(#2642) Invalid cursors values")),
    Fault("F32", "a post twice", wires.changes(wires.last_twice)),
    Fault("F33", "a post that is left out", wires.changes(wires.first_left_out)),
    Fault("F34", "posts in another order", wires.changes(wires.shuffled)),
    Fault("F35", "a post without insights", wires.changes(wires.without_insights)),
    Fault("F36", "a number that is corrected", wires.changes(wires.first_value(7))),
    Fault("F37", "a metric that nobody asked for", wires.changes(wires.with_unknown_metric)),
    *(
        Fault("F38", f"a number as {type(value).__name__}", wires.changes(wires.first_value(value)))
        for value in ("12", {"a": 1}, [1], 1.5, True)
    ),
    *(Fault("F39", f"a number that is {value}", wires.changes(wires.first_value(value))) for value in (None, -5)),
    Fault("F39", "a number that is NaN", wires.rewrites(FIRST, FIRST + b"NaN,\"x\":")),
    *(
        Fault("F40", f"a number of {len(str(value))} digits", wires.changes(wires.first_value(value)))
        for value in (2**60, 2**70)
    ),
    Fault("F40", "a number of 4,000 digits", wires.rewrites(FIRST, FIRST + b"9" * 4000)),
    Fault("F41", "a key twice", wires.rewrites(b'{"data"', b'{"data":[],"data"')),
    Fault("F42", "bytes that are no UTF-8", wires.rewrites(b'"message":"', b'"message":"\xff\xfe')),
    Fault("F42", "a lone surrogate", wires.rewrites(b'"message":"', b'"message":"\\ud800')),
    Fault("F42", "a NUL", wires.rewrites(b'"message":"', b'"message":"\\u0000')),
    Fault("F42", "a byte order mark", lambda exchange: exchange.send(b"\xef\xbb\xbf" + exchange.own_body())),
    Fault("F43", "texts with their letters taken apart", wires.changes(wires.denormalised)),
    Fault("F44", "a time of long ago", wires.changes(wires.first_time("0001-01-01T00:00:00+0000"))),
    Fault("F44", "a time of another age", wires.changes(wires.first_time("9999-12-31T23:59:59-1200"))),
    Fault("F44", "a time that ends with Z", wires.changes(wires.first_time("2024-02-01T10:00:00Z"))),
    Fault("F44", "a time without a zone", wires.changes(wires.first_time("2024-02-01T10:00:00"))),
    Fault("F44", "no time", wires.changes(wires.first_time(None))),
    Fault("F46", "a post that is hidden", wires.changes(wires.first_left_out)),
    Fault("F48", "a part of a batch that did not finish", wires.changes(wires.null_part)),
    Fault("F49", "the answer about another object", wires.changes(wires.of_another)),
    Fault("F49", "insights of another object", wires.changes(wires.insights_of_another)),
    Fault("F50", "a token of another app", wires.changes(wires.of_another_app)),
    Fault("F51", "usage below nothing", lambda exchange: exchange.send(exchange.own_body(), headers=wires.ODD_USAGE)),
    Fault("F51", "usage above all", lambda exchange: exchange.send(exchange.own_body(), headers=wires.FULL_USAGE)),
    Fault("F51", "usage that is no JSON", lambda exchange: exchange.send(exchange.own_body(), headers=wires.BAD_USAGE)),
)  # fmt: skip
"""Every fault by its number in the project's catalogue of faults; several ways of one share the number."""
