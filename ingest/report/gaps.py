"""What is known to be missing, one sentence each."""

from ingest.report.facts import Campaign, Publication
from ingest.report.words import Words


def gaps_of(campaign: Campaign, publication: Publication, words: Words) -> tuple[str, ...]:
    """The known gaps of a campaign's numbers; one sentence that there are none, where there are none."""
    gaps = campaign.gaps
    counted = (
        ("gap_reach", campaign.posts_without_reach),
        ("gap_unattributed", gaps.unattributed_posts),
        ("gap_conflicts", gaps.conflicting_posts),
        ("gap_quarantine", gaps.quarantined_objects),
    )
    found = [words.say(key, count) for key, count in counted if count]
    if gaps.mixes_definitions:
        found.append(words.say("gap_definitions"))
    found += [
        words.say(
            "gap_account",
            account=account.name,
            platform=words.name("platform", account.platform),
            reason=_reason(account.reason, words),
        )
        for account in campaign.accounts
        if account.reason
    ]
    found += [words.say("gap_check", description=check.description) for check in publication.checks if not check.holds]
    return tuple(found) or (words.say("gap_none"),)


def _reason(reason: str, words: Words) -> str:
    return (words.named("freshness_reason", reason) or reason).rstrip(".")
