"""A thousand hostile texts in every place where a text of others is shown: none of them becomes active."""

import itertools
import re
from dataclasses import replace

import pytest

from ingest.report import facts
from ingest.report.page import campaign_page, index_page
from ingest.report.tables import safe_link
from ingest.report.text import cleaned
from tests.report.example import CAMPAIGN, PHASES, PUBLICATION
from tests.report.markup import Page

KINDS = (
    "<script>alert({n})</script>",
    "</style><script>alert({n})</script>",
    "</svg><svg onload=alert({n})>",
    '"><img src=x onerror=alert({n})>',
    "' onmouseover='alert({n})",
    "javascript:alert({n})",
    "<a href=javascript:alert({n})>x</a>",
    "data:text/html,<script>alert({n})</script>",
    "<iframe src=https://evil.example/{n}>",
    "<!--{n}--><base href=//evil.example>",
    "]]><script>{n}</script>",
    "{{{{ 7*{n} }}}}{{% raw %}}",
    "{n}\u202e gnp.exe\u2066",
    "{n}\x00\x1b[31m<script\x00>",
    "<{n}&lt;script&gt;&#60;script&#62;",
    "<style>*{{background:url(//evil.example/{n})}}</style>",
    "<math><mtext><script>alert({n})</script>",
    "Ө" * 40 + "<script>{n}</script>",
    '" class="x" role="y" {n}',
    "x{n} " * 20000,
)
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "a", "header", "nav", "h1", "p", "br", "ul", "li", "main"),
    *("dl", "div", "dt", "dd", "section", "h2", "figure", "figcaption", "svg", "g", "path", "line", "text", "tspan"),
    *("rect", "table", "thead", "tr", "th", "tbody", "td", "span", "bdi", "b", "footer"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "href", "hreflang", "id", "rel", "tabindex", "role"),
    *(
        "aria-label",
        "scope",
        "data-label",
        "width",
        "height",
        "viewbox",
        "fill",
        "stroke",
        "transform",
        "d",
        "x2",
        "y2",
    ),
    *("stroke-width", "stroke-dasharray", "stroke-linejoin", "text-anchor", "font-size", "font-weight", "opacity"),
    *("x", "y", "y2", "dy", "display", "stroke-miterlimit", "pointer-events", "version", "xmlns"),
}
TEXTS = [kind.format(n=number) for number, kind in zip(range(1000), itertools.cycle(KINDS), strict=False)]


def hostile(texts: list[str]) -> facts.Campaign:
    """The example with hostile texts in every field that holds a text of others, as the step would hand it over."""
    supply = (cleaned(text) for text in itertools.cycle(texts))
    one = supply.__next__
    return replace(
        CAMPAIGN,
        **{name: one() for name in ("campaign_id", "name", "organisation", "donor")},
        phases=tuple(replace(phase, name=one()) for phase in PHASES),
        contents=tuple(replace(content, content_type=one()) for content in CAMPAIGN.contents),
        accounts=tuple(replace(CAMPAIGN.accounts[n % 2], name=one(), reason=one()) for n in range(12)),
        people=tuple(replace(people, phase=one(), platform=one(), estimate_reason=one()) for people in CAMPAIGN.people),
        top_posts=tuple(
            replace(post, permalink=one(), content_type=one(), account=one(), platform=one())
            for post in CAMPAIGN.top_posts
        ),
        audience=facts.Audience(5000, one()),
        surveys=tuple(
            replace(kap, text=one(), respondents=one(), waves=tuple(replace(w, wave=one()) for w in kap.waves))
            for kap in CAMPAIGN.surveys
        ),
        activities=tuple(
            replace(activity, name=one(), kind=one(), place=one()) for activity in CAMPAIGN.activities * 4
        ),
        figures=tuple(
            replace(figure, as_published=one(), reason=one(), label_problem=one()) for figure in CAMPAIGN.figures * 40
        ),
    )


def broken(html: str) -> list[object]:
    """What on a page is not on the list of what a report may hold."""
    page = Page(html)
    found: list[object] = [tag for tag, _ in page.elements if tag not in TAGS]
    found += [(tag, name) for tag, attributes in page.elements for name in attributes if name not in ATTRIBUTES]
    links = [str(attributes["href"]) for _, attributes in page.elements if "href" in attributes]
    found += [link for link in links if not re.match(r"https?://|#report$|[\w-]+(\.[a-z]{2})?\.html$", link)]
    return found


def test_the_page_of_the_example_holds_only_what_a_report_may_hold() -> None:
    assert broken(campaign_page(CAMPAIGN, PUBLICATION, "en").html) == []


def test_the_net_catches_what_it_is_there_for() -> None:
    html = campaign_page(CAMPAIGN, PUBLICATION, "en").html
    for hole in ("<script>1</script>", "<img src=x>", "<a onclick=x>", "<a href='javascript:x'>", "<!-- x -->"):
        assert broken(html.replace("<main", hole + "<main"))


@pytest.mark.parametrize("part", range(5))
def test_a_thousand_hostile_texts_leave_no_active_content(part: int) -> None:
    texts = TEXTS[part * 200 : part * 200 + 200]
    campaign = hostile(texts)
    for html in (
        campaign_page(campaign, PUBLICATION, "en").html,
        index_page((campaign,), PUBLICATION, "mn").html,
    ):
        assert broken(html) == []
        assert not set(html) & set("\x00\x1b\u202e\u2066")
    shown = Page(campaign_page(campaign, PUBLICATION, "mn").html).text
    assert sum(cleaned(text)[:30] in shown for text in texts) >= 195


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JAVASCRIPT:x", " https://a.example", "//a.example", "data:text/html,x", "https://", "/x",
     "", "ftp://a.example", "https://user:word@a.example/", "http://[", "vbscript:x", None, "https://a.example/ x"],
)  # fmt: skip
def test_an_address_that_is_not_plainly_http_is_no_link(address: str | None) -> None:
    assert safe_link(address) is None


def test_a_permalink_is_a_link() -> None:
    assert safe_link("https://www.facebook.com/1/posts/2?id=3") == "https://www.facebook.com/1/posts/2?id=3"
