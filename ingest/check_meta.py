"""What there is to say of Meta's side of a run: how long a version, a token, a block lasts; for checks and health."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ingest.domain.graph_versions import TOLD_BEFORE, ends_on, newest_version

if TYPE_CHECKING:
    from ingest.adapters.graph.tokens import TokenFacts

NEEDED_SCOPES = ("pages_show_list", "pages_read_engagement", "read_insights")
WARNED_BEFORE = timedelta(days=14)
INSTAGRAM_SCOPES = ("instagram_basic", "instagram_manage_insights")


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and what to do when it is not right."""

    name: str
    is_ok: bool
    found: str
    what_to_do: str = ""


def version_check(version: str, *, now: datetime) -> Check:
    """How long Meta still serves the Graph API version that is asked for; a complaint from 60 days before its end."""
    end = ends_on(version)
    left = end - now.date() if end else None
    if left is None:
        said = "Meta has named no end"
    elif left <= timedelta():
        said = f"over since {end}; Meta answers with another one, whose numbers may mean something else"
    else:
        said = f"served until {end}, {left.days} days more"
    return Check(
        "version",
        is_ok=left is None or left > TOLD_BEFORE,
        found=f"Graph API {version}: {said}",
        what_to_do=f"set CAMPAIGN_REACH_GRAPH_VERSION to {newest_version()}, run `campaign-reach check --live`, and "
        "read docs/how-to/add-a-metric.md if a metric has changed",
    )


def token_check(name: str, facts: "TokenFacts", *, now: datetime, app_id: str) -> Check:
    """What there is to say of one token: is it valid, for how long, with which permissions."""
    missing = [scope for scope in (*NEEDED_SCOPES, *INSTAGRAM_SCOPES) if scope not in facts.scopes]
    expires = f"expires {facts.expires_at:%Y-%m-%d}" if facts.expires_at else "does not expire"
    access = f", data access until {facts.data_until:%Y-%m-%d}" if facts.data_until else ""
    ends = min((one for one in (facts.expires_at, facts.data_until) if one), default=None)
    is_ending = ends is not None and ends - now < WARNED_BEFORE
    is_foreign = bool(app_id) and facts.app_id != app_id and facts.is_valid
    if not facts.is_valid:
        todo = "make a new one (docs/how-to/connect-to-meta.md), and take this one out of the settings"
    elif is_foreign:
        todo = f"CAMPAIGN_REACH_APP_ID says {app_id}: take the token of that app, or set the id right"
    elif missing:
        todo = "make a new token with these permissions"
    else:
        todo = (
            "renew it before then: make a new token, put it before the old one, and remove the old one when it is over"
        )
    whose = f"{facts.kind.lower().replace('_', ' ')} of app {facts.app_id}, {expires}{access}"
    scopes = f", without {', '.join(missing)}" if missing else ", all scopes"
    return Check(
        name,
        is_ok=facts.is_valid and not missing and not is_ending and not is_foreign,
        found=whose + scopes if facts.is_valid else f"not valid: {facts.why or 'Meta does not say why'}",
        what_to_do=todo,
    )


def blocked_until(blocked: Mapping[str, datetime]) -> str:
    """Which accounts Meta has blocked, and until when nothing is asked of them."""
    named = ", ".join(f"{account} (nothing is asked until {at:%Y-%m-%d %H:%M} UTC)" for account, at in blocked.items())
    return f"Meta has blocked {named}"


AFTER_A_BLOCK = "read what the app's dashboard and the account's support inbox say of it (code 368), and mend that"
