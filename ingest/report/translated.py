"""A campaign in the words of a language: its own names and sentences as its file translates them."""

from dataclasses import replace

from ingest.report.facts import Activity, Audience, Campaign, Figure


def translated(campaign: Campaign, language: str) -> Campaign:
    """The campaign with every name and sentence that its file has in that language; the others stay as they are."""
    known = campaign.translations.get(language, {})
    if not known:
        return campaign

    def said(text: str) -> str:
        return known.get(text, text)

    def perhaps(text: str | None) -> str | None:
        return None if text is None else said(text)

    def activity(one: Activity) -> Activity:
        return replace(one, name=said(one.name), place=perhaps(one.place))

    def figure(one: Figure) -> Figure:
        return replace(one, as_published=said(one.as_published), label_problem=perhaps(one.label_problem))

    audience = campaign.audience and Audience(campaign.audience.size, said(campaign.audience.source))
    return replace(
        campaign,
        name=said(campaign.name),
        organisation=said(campaign.organisation),
        donor=perhaps(campaign.donor),
        phases=tuple(replace(one, name=said(one.name)) for one in campaign.phases),
        accounts=tuple(replace(one, name=said(one.name)) for one in campaign.accounts),
        people=tuple(replace(one, phase=perhaps(one.phase)) for one in campaign.people),
        top_posts=tuple(replace(one, account=said(one.account)) for one in campaign.top_posts),
        surveys=tuple(replace(one, text=said(one.text)) for one in campaign.surveys),
        activities=tuple(activity(one) for one in campaign.activities),
        figures=tuple(figure(one) for one in campaign.figures),
        audience=audience,
    )
