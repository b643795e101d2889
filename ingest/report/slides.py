"""Each chart of a campaign as a picture for a slide: the finding above it, where it comes from below it."""

from collections.abc import Iterator

from ingest.report import drawing
from ingest.report.facts import Campaign, Publication
from ingest.report.page import SAFE_NAME
from ingest.report.sections import sections_of
from ingest.report.translated import translated
from ingest.report.words import Words, words_of


def slides_of(campaign: Campaign, publication: Publication, language: str) -> Iterator[tuple[str, bytes]]:
    """File names and PNGs, twice as many pixels as on the page, on white."""
    words = words_of(language)
    campaign = translated(campaign, language)
    source = source_of(campaign, publication, words)
    for section in sections_of(campaign, words):
        for picture in section.pictures:
            chart = SAFE_NAME.sub("_", picture.name)
            name = f"{SAFE_NAME.sub('_', campaign.campaign_id)}.{language}.{chart}.png"
            yield (
                name,
                drawing.png(picture.wide, title=picture.title or section.title, caption=picture.caption, source=source),
            )


def source_of(campaign: Campaign, publication: Publication, words: Words) -> str:
    """The line below a slide: whose numbers, of which publication, as of when; and first, whether they are played."""
    source = words.say(
        "source_line",
        organisation=campaign.organisation,
        version=publication.version,
        moment=words.moment(publication.as_of, campaign.time_zone),
    )
    return f"{words.say('played')}. {source}" if campaign.is_played else source
