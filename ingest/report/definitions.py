"""The words that a page uses and their meaning: those that occur on it, no others."""

from ingest.report.facts import Campaign
from ingest.report.sections import Section
from ingest.report.words import Words

IMPRESSIONS = "impressions"


def definitions_of(campaign: Campaign, sections: tuple[Section, ...], words: Words) -> tuple[tuple[str, str], ...]:
    """Each word that occurs on the page, and what it means there."""
    has_posts = campaign.posts > 0
    counted = {phase.target_metric for phase in campaign.phases} | {figure.unit for figure in campaign.figures}
    occurs = {
        "views": has_posts,
        "impressions": IMPRESSIONS in counted,
        "reach": has_posts,
        "people": any(one.lower is not None for one in campaign.people),
        "engagements": has_posts,
        "phase": has_posts,
        "ownership": bool(campaign.accounts) and has_posts,
        "unknown": _has_dash(sections),
        "target": any(phase.target_value for phase in campaign.phases),
        "interval": any(survey.change_low is not None for survey in campaign.surveys),
    }
    entries = words.entries["definitions"]
    return tuple((entries[code][0], entries[code][1]) for code, is_used in occurs.items() if is_used)


def _has_dash(sections: tuple[Section, ...]) -> bool:
    tables = (table for section in sections for table in section.tables)
    return any(cell.text == "–" for table in tables for row in table.rows for cell in row)
