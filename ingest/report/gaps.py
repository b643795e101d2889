"""What is known to be missing, one sentence each."""

from ingest.report.facts import Account, Campaign, Publication
from ingest.report.reasons import OF_FILES, codes_in, reason_in
from ingest.report.words import Words


def gaps_of(campaign: Campaign, publication: Publication, words: Words) -> tuple[str, ...]:
    """The known gaps of a campaign's numbers; one sentence that there are none, where there are none."""
    gaps = campaign.gaps
    counted = (
        ("gap_reach", campaign.posts_without_reach),
        ("gap_unattributed", gaps.unattributed_posts if campaign.posts else 0),
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
    return (*_assumed(campaign, words), *found, *checks_of(campaign, publication, words)) or (words.say("gap_none"),)


def _assumed(campaign: Campaign, words: Words) -> list[str]:
    """That posts are played, and what the campaign's file made up, as far as a page shows it."""
    said = [words.say("gap_played")] if campaign.is_played else []
    shown = dict.fromkeys(words.named("assumed", path) for path in campaign.assumed)
    things = [thing for thing in shown if thing]
    return [*said, words.say("gap_assumed", things=words.all_of(things))] if things else said


def checks_of(campaign: Campaign, publication: Publication, words: Words) -> tuple[str, ...]:
    """What each check that does not hold means for who reads the numbers; gate.html has it for engineers.

    The gates judge a publication whole: what they found may be of another campaign, and the sentence says so.
    """
    failed = [check.rule for check in publication.checks if check.is_evaluated and not check.is_passed]
    unmeasured = [words.name("platform", platform) for platform in _without_reach(campaign)]
    here: list[str] = []
    if "reach_is_mostly_known" in failed and unmeasured:
        failed.remove("reach_is_mostly_known")
        here.append(words.say("check_reach_here", platforms=words.all_of(unmeasured)))
    unmade = sum(not check.is_evaluated for check in publication.checks)
    said = dict.fromkeys(words.named("check", rule) or words.say("check_other") for rule in failed)
    told = (words.say("gap_check", what=what[0].lower() + what[1:]) for what in said)
    return (*here, *told, *([words.say("check_unmade", unmade)] if unmade else []))


def _without_reach(campaign: Campaign) -> list[str]:
    """The platforms on which the reach of no post of the campaign is known."""
    known = {account.platform for account in campaign.accounts if account.duplicated_reach is not None}
    return sorted({account.platform for account in campaign.accounts if account.posts} - known)


def _reason(account: Account, words: Words) -> str:
    """Why an account is not fresh; one that was never read and yet has posts has them from an imported file."""
    if account.posts and OF_FILES & set(codes_in(account.reason)):
        return words.say("gap_account_from_file")
    return reason_in(words, account.reason)
