"""Tokens: from the settings, and the Page tokens that they are exchanged for. Never landed, logged or shown."""

import stat
from dataclasses import dataclass, field
from pathlib import Path

from ingest.adapters.graph.pager import pages
from ingest.adapters.graph.session import GraphApi
from ingest.domain.errors import SettingsInvalid, TokenRefused
from ingest.settings import Settings


@dataclass(frozen=True, slots=True)
class PageAccess:
    """A Page that a token can read, with its own token and its Instagram account if one is linked."""

    page_id: str
    token: str = field(repr=False)
    instagram_id: str | None = None


def configured_tokens(settings: Settings) -> list[str]:
    """The tokens of the settings: from the variable, else from the file.

    Raises: TokenRefused when there is none, SettingsInvalid when the file is open to others.
    """
    tokens = [token.get_secret_value() for token in settings.access_tokens]
    if not tokens and settings.access_tokens_file:
        tokens = _from_file(settings.access_tokens_file)
    if not tokens:
        raise TokenRefused(
            "There is no access token. Set CAMPAIGN_REACH_ACCESS_TOKENS, or CAMPAIGN_REACH_ACCESS_TOKENS_FILE; "
            "`campaign-reach sandbox` prints one to try with."
        )
    return tokens


def _from_file(path: Path) -> list[str]:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SettingsInvalid(f"{path} can be read by others: chmod 600 {path}")
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise SettingsInvalid(f"CAMPAIGN_REACH_ACCESS_TOKENS_FILE: {path}: {error.strerror}") from None


def pages_of(api: GraphApi) -> list[PageAccess]:
    """The Pages that the api's token can read.

    Raises: all that `GraphApi.call` raises.
    """
    params = {"fields": "id,access_token,instagram_business_account"}
    return [
        PageAccess(
            page_id=str(page["id"]),
            token=str(page["access_token"]),
            instagram_id=(page.get("instagram_business_account") or {}).get("id"),
        )
        for _, answer in pages(api, ("me", "accounts"), params, limit=100)
        for page in answer.json.get("data", [])
        if "access_token" in page
    ]
