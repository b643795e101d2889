"""A page: one self-contained HTML file without script, and the index that leads to all of them."""

import base64
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ingest.report import drawing, findings
from ingest.report.colours import dark_style
from ingest.report.definitions import definitions_of
from ingest.report.facts import Campaign, Publication
from ingest.report.gaps import gaps_of
from ingest.report.sections import Picture, Section, sections_of
from ingest.report.text import FAMILY, FONTS
from ingest.report.tiles import badges_of, checks_badge, tiles_of
from ingest.report.translated import translated
from ingest.report.words import LANGUAGES, words_of

TEMPLATES = Path(__file__).parent / "templates"
COUNTED = re.compile(
    r" (?=\d{1,2}:|– )|(?<=\d) (?=дугаар |дүгээр |дахь |дэх |[A-Z][a-z]+ \d{4})"
    r"|(?<=сарын) (?=\d)|(?<=дугаар|дүгээр) (?=жил|сар)"
)
SAFE_NAME = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class Page:
    """A campaign's page in one language: the HTML, and the pictures that were drawn for it."""

    name: str
    html: str
    title: str
    pictures: tuple[tuple[Section, Picture], ...] = ()


def page_name(campaign: Campaign, language: str) -> str:
    """The file of a campaign's page, beside the index."""
    return f"{SAFE_NAME.sub('_', campaign.campaign_id)}.{language}.html"


def index_name(language: str) -> str:
    """The file of the index; the first language has the name that web servers show."""
    return "index.html" if language == LANGUAGES[0] else f"index.{language}.html"


def campaign_page(campaign: Campaign, publication: Publication, language: str) -> Page:
    """The page of a campaign in a language."""
    words = words_of(language)
    campaign = translated(campaign, language)
    sections = sections_of(campaign, words)
    title = findings.finding(campaign, words)
    html = (
        _environment()
        .get_template("campaign.html.j2")
        .render(
            words=words,
            title=title,
            campaign=campaign,
            publication=publication,
            badges=badges_of(campaign, publication, words),
            tiles=tiles_of(campaign, words),
            sections=sections,
            definitions=definitions_of(campaign, sections, words),
            gaps=gaps_of(campaign, publication, words),
            others=[(one, page_name(campaign, one)) for one in LANGUAGES if one != language],
            index=index_name(language),
        )
    )
    pictures = tuple((section, picture) for section in sections for picture in section.pictures)
    return Page(page_name(campaign, language), html, title, pictures)


def index_page(campaigns: tuple[Campaign, ...], publication: Publication, language: str) -> Page:
    """The page that leads to all others."""
    words = words_of(language)
    campaigns = tuple(translated(campaign, language) for campaign in campaigns)
    entries = [
        {
            "campaign": campaign,
            "page": page_name(campaign, language),
            "title": findings.finding(campaign, words),
            "tiles": tiles_of(campaign, words),
        }
        for campaign in campaigns
    ]
    title = words.say("index_title", len(campaigns)) if campaigns else words.say("index_none")
    html = (
        _environment()
        .get_template("index.html.j2")
        .render(
            words=words,
            title=title,
            entries=entries,
            publication=publication,
            checks=checks_badge(publication, words),
            is_played=any(campaign.is_played for campaign in campaigns),
            others=[(one, index_name(one)) for one in LANGUAGES if one != language],
        )
    )
    return Page(index_name(language), html, title)


@cache
def _environment() -> Environment:
    """Templates that escape everything; only drawings of ours and our own style come in as they are."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = Markup(_style())  # noqa: S704 - our own style sheet
    environment.globals["svg"] = _svg
    environment.filters["unbroken"] = _unbroken
    return environment


def _unbroken(text: str) -> str:
    """The text, a number and what belongs to it (67%-ийг, Year 3:, 2 May 2024) never on two lines."""
    return COUNTED.sub("\u00a0", text.replace("%-", "%-\u2060"))


def _svg(picture: Picture, *, is_wide: bool) -> Markup:
    canvas = picture.wide if is_wide else picture.narrow
    return Markup(drawing.svg(canvas, title=picture.caption))  # noqa: S704 - vl-convert and drawing.svg escape texts


def _style() -> str:
    """The style sheet with the font in it, and the dark colours of the drawings."""
    faces = "".join(
        f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};'
        f"src:url(data:font/woff2;base64,{base64.b64encode((FONTS / name).read_bytes()).decode()})}}"
        for weight, name in ((400, "ReachSans-Regular.woff2"), (600, "ReachSans-SemiBold.woff2"))
    )
    sheet = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return f"{faces}\n{sheet}\n@media screen and (prefers-color-scheme:dark){{{dark_style()}}}"
