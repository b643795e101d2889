"""What is known to be missing, one sentence each."""

from ingest.report.facts import Account, Campaign, Publication
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
            reason=_reason(account, words),
        )
        for account in campaign.accounts
        if account.reason
    ]
    found += [words.say("gap_check", description=check.description) for check in publication.checks if not check.holds]
    return tuple(found) or (words.say("gap_none"),)


def _reason(account: Account, words: Words) -> str:
    """Why an account is not fresh; one that was never read and yet has posts has them from an imported file."""
    known = words.named("freshness_reason", account.reason)
    if known and account.posts:
        return words.say("gap_account_from_file")
    return (known or account.reason or "").rstrip(".")
