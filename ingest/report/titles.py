"""What each section found, as one sentence computed from the facts: its title."""

from collections import Counter

from ingest.report.facts import Campaign, People, Phase, Reading, Survey
from ingest.report.words import Words


def is_met(phase: Phase) -> bool:
    """Whether a phase has come to its target."""
    return phase.attainment_pct is not None and phase.attainment_pct >= 100  # noqa: PLR2004 - percent


def rate(engagements: int | None, views: int | None, words: Words) -> str:
    """Engagements for every hundred views, both of the same posts, and never a mean of rates."""
    return words.number(100 * engagements / views, digits=1) if engagements is not None and views else "–"


def phase_name(phase: Phase, campaign: Campaign, words: Words) -> str:
    """A phase within a sentence: quoted where its name would break it, and the campaign where it is the only one."""
    if len(campaign.phases) == 1:
        return words.say("phase_alone")
    return words.say("phase_quoted" if set(phase.name) & set(":;,") else "phase_named", phase=phase.name)


def phases(campaign: Campaign, words: Words) -> str:
    """Which phase, or which content, brought the views; or which phases met their target."""
    aimed = [phase for phase in campaign.phases if phase.target_value]
    if len(aimed) > 1:
        return _met(aimed, campaign, words)
    if len(campaign.phases) > 1 and campaign.views:
        best = max(campaign.phases, key=lambda phase: phase.views or 0)
        share = words.percent(best.views, campaign.views)
        return words.say(
            "phases_most", phase=phase_name(best, campaign, words), share=share, views=words.number(campaign.views)
        )
    best_type, views = most_viewed_type(campaign)
    return words.say(
        "phases_one",
        types=words.name("content_types", best_type),
        share=words.percent(views, campaign.views),
        views=words.number(campaign.views),
    )


def _met(aimed: list[Phase], campaign: Campaign, words: Words) -> str:
    named = {phase.phase_id: phase_name(phase, campaign, words) for phase in aimed}
    met = [named[phase.phase_id] for phase in aimed if is_met(phase)]
    target = target_of(aimed, words)
    if len(met) == len(aimed):
        return words.say("phases_met_all", phases=words.number(len(aimed)), target=target)
    rest = words.all_of(
        words.say("phases_met_rest", phase=named[phase.phase_id], share=words.attained(phase.attainment_pct))
        for phase in aimed
        if not is_met(phase)
    )
    if not met:
        return words.say("phases_met_none", rest=rest, target=target)
    return words.say("phases_met_some", phases=words.all_of(met), rest=rest, target=target)


def target_of(aimed: list[Phase], words: Words) -> str:
    """What the targets count, as it stands in a sentence."""
    return words.all_of(words.name("of_metric", one) for one in sorted({str(phase.target_metric) for phase in aimed}))


def most_of(campaign: Campaign, measure: str, words: Words) -> str:
    """Which phase, or which content type, brought the most of a measure: views, or duplicated_reach."""
    whole = getattr(campaign, measure)
    values = {"whole": words.number(whole), "measure": words.name("of_metric", measure)}
    if len(campaign.phases) > 1:
        best = max(campaign.phases, key=lambda phase: getattr(phase, measure) or 0)
        share = words.percent(getattr(best, measure), whole)
        return words.say("most_phase", phase=phase_name(best, campaign, words), share=share, **values)
    sums: Counter[str] = Counter()
    for content in campaign.contents:
        sums[content.content_type] += getattr(content, measure) or 0
    ((name, most),) = sums.most_common(1)
    return words.say("most_type", types=words.name("content_types", name), share=words.percent(most, whole), **values)


def most_viewed_type(campaign: Campaign) -> tuple[str, int]:
    """The content type with the most views (or posts, where no views are known), and its views."""
    views: Counter[str] = Counter()
    for content in campaign.contents:
        views[content.content_type] += content.views or 0
    (best, count), *_ = views.most_common(1)
    return best, count


def curve(campaign: Campaign, words: Words) -> str:
    """How much of its views the largest phase had around its middle."""
    drawn = [phase for phase in campaign.phases if phase.views and readings_of(campaign, phase)]
    if not drawn:
        return words.say("curve_none")
    phase = max(drawn, key=lambda one: one.views or 0)
    near = min(readings_of(campaign, phase), key=lambda reading: abs(reading.day - phase.days / 2))
    name = phase_name(phase, campaign, words)
    if near.day > phase.days:
        return words.say("curve_late", phase=name, views=words.number(near.views), day=words.number(near.day))
    return words.say(
        "curve_half",
        day=words.number(near.day),
        days=words.number(phase.days),
        phase=name,
        share=words.percent(near.views, phase.views),
        views=words.number(phase.views),
    )


def readings_of(campaign: Campaign, phase: Phase) -> list[Reading]:
    """The days on which a phase's posts were read, in order."""
    return [reading for reading in campaign.readings if reading.phase_id == phase.phase_id]


def mix(campaign: Campaign, words: Words) -> str:
    """The content type with the most views: its share of the posts, and of the views."""
    best, views = most_viewed_type(campaign)
    types = words.name("content_types", best)
    posts = sum(content.posts for content in campaign.contents if content.content_type == best)
    if posts == campaign.posts:
        return words.say("mix_single", posts=words.number(posts), types=types)
    return words.say(
        "mix_more",
        types=types,
        effort=words.percent(posts, campaign.posts),
        views=words.percent(views, campaign.views),
    )


def top(campaign: Campaign, words: Words) -> str:
    """What the most viewed post brought."""
    if not campaign.top_posts:
        return words.say("top_none")
    first = campaign.top_posts[0]
    return words.say(
        "top_first",
        type=words.name("content_type", first.content_type),
        day=words.day(first.published_on),
        share=words.percent(first.views, campaign.views),
    )


def own(campaign: Campaign, words: Words) -> str:
    """How much of the views partners brought."""
    kinds = {account.ownership for account in campaign.accounts}
    if kinds == {"own"}:
        return _own_only(campaign, words)
    if kinds == {"partner"}:
        return words.say("partner_only")
    partners = sum(account.views or 0 for account in campaign.accounts if account.ownership == "partner")
    return words.say("own_partner", share=words.percent(partners, campaign.views))


def _own_only(campaign: Campaign, words: Words) -> str:
    """Which own account brought the most views, where there are several."""
    seen = [account for account in campaign.accounts if account.views]
    if len(seen) < 2:  # noqa: PLR2004 - one has all
        return words.say("own_only")
    most = max(seen, key=lambda account: account.views or 0)
    account = f"{most.name} ({words.name('platform', most.platform)})"
    return words.say("own_only_most", account=account, share=words.percent(most.views, campaign.views))


def people(campaign: Campaign, words: Words) -> str:
    """How many people the campaign reached on the platform where it reached most."""
    largest = widest(campaign)
    if largest is None:
        return words.say("people_unknown")
    return people_on(largest, campaign, words)


def people_on(one: People, campaign: Campaign, words: Words) -> str:
    """How many people were reached on a platform: the estimate if there is one, else the bounds."""
    values = {
        "lower": words.number(one.lower),
        "upper": words.number(one.upper),
        "estimate": words.about(one.estimate or 0),
        "low": words.about(one.estimate_low or 0),
        "high": words.number(one.estimate_high),
        "platform": words.name("platform", one.platform),
    }
    if one.lower == one.upper:
        return words.say("people_exact", **values)
    if one.is_up_to_all:
        return words.say("people_up_to_all", **values)
    if one.estimate is not None:
        return words.say("people_estimate" if one.upper is not None else "people_estimate_open", **values)
    if one.upper is not None:
        return words.say("people_bounds", **values)
    why = why_open(one, campaign, words)
    return words.say("people_least_because" if why else "people_least", reason=why, **values)


def why_open(one: People, campaign: Campaign, words: Words) -> str | None:
    """Why no upper bound is known, with the numbers where they say it."""
    if one.beyond is not None and campaign.audience:
        return words.say(
            "people_beyond", beyond=words.number(one.beyond), audience=words.number(campaign.audience.size)
        )
    return words.named("upper_reason", one.upper_reason)


def widest(campaign: Campaign) -> People | None:
    """The whole campaign on the platform where it reached most people."""
    whole = [one for one in campaign.people if one.phase is None and one.lower is not None]
    return max(whole, key=lambda one: one.lower or 0, default=None)


def surveys(campaign: Campaign, words: Words) -> str:
    """The largest change of an indicator; or a share that stands alone."""
    if not campaign.surveys:
        return words.say("surveys_none")
    changed = [survey for survey in campaign.surveys if survey.change_points is not None]
    if changed:
        return _change(max(changed, key=lambda survey: abs(survey.change_points or 0)), words)
    for survey in campaign.surveys:
        known = [wave for wave in survey.waves if wave.share_pct is not None]
        if known:
            return words.say(
                "surveys_share",
                text=survey.text,
                when=words.named("wave_when", known[-1].wave) or words.name("wave", known[-1].wave),
                share=words.percent(known[-1].share_pct),
                respondents=words.name("respondents", survey.respondents),
            )
    return words.say("surveys_no_share")


def _change(survey: Survey, words: Words) -> str:
    shares = [wave.share_pct for wave in survey.waves]
    values = {
        "text": survey.text,
        "first": words.percent(shares[0]),
        "last": words.percent(shares[-1]),
        "respondents": words.name("respondents", survey.respondents),
        "points": words.points(survey.change_points or 0),
    }
    if survey.change_low is None or survey.change_high is None:
        return words.say("surveys_change_plain", **values)
    low, high = words.points(survey.change_low), words.points(survey.change_high)
    return words.say("surveys_change", low=low, high=high, **values)


def figures(campaign: Campaign, words: Words) -> str:
    """How many published figures match, differ, or cannot be computed."""
    if not campaign.figures:
        return words.say("figures_none")
    statuses = Counter(figure.status for figure in campaign.figures)
    count = len(campaign.figures)
    if statuses["matches"] == count:
        return words.say("figures_all", count)
    rest = [
        words.say(key, statuses[status])
        for status, key in (("differs", "figures_differ"), ("not_computable", "figures_unknown"))
        if statuses[status]
    ]
    if not statuses["matches"]:
        return words.say("figures_no_match", rest=words.all_of(rest))
    return words.say("figures_some", count, matching=words.number(statuses["matches"]), rest=words.all_of(rest))


def unmeasured(campaign: Campaign, words: Words) -> str:
    """What a campaign without posts does not measure, and why."""
    why = words.say("unmeasured_no_posts")
    if campaign.gaps.unattributed_posts:
        why = words.say("unmeasured_no_rule", campaign.gaps.unattributed_posts)
    return words.say("unmeasured_online" if campaign.surveys else "unmeasured_all", why=why)
