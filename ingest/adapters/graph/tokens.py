"""Tokens: from the settings, and the Page tokens that they are exchanged for. Never landed, logged or shown."""

import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.adapters.graph.page_size import PageSize
from ingest.adapters.graph.pager import pages
from ingest.adapters.graph.session import GraphApi
from ingest.domain.errors import RequestRefused, SettingsInvalid, TokenRefused
from ingest.settings import Settings

INSTAGRAM = "instagram_business_account"
IS_A_PAGE = "nonexisting field (accounts) on node type (Page)"
"""What Meta says of `me/accounts` when the token is a Page's."""


@dataclass(frozen=True, slots=True)
class PageAccess:
    """A Page that a token can read, with its own token and its Instagram account if one is linked."""

    page_id: str
    token: str = field(repr=False)
    instagram_id: str | None = None


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What Meta says of a token; `expires_at` and `data_until`, the end of its access to data, are None for never."""

    kind: str
    app_id: str
    is_valid: bool
    scopes: tuple[str, ...]
    expires_at: datetime | None
    data_until: datetime | None = None
    why: str = ""
    """What Meta says when it is not valid."""


def configured_tokens(settings: Settings) -> list[str]:
    """The tokens of the settings: from the variable, else from the Airflow connection, else from the file.

    Raises: TokenRefused when there is none, SettingsInvalid when the connection is not there, the file is open to
    others, or a token is none.
    """
    tokens = [token.get_secret_value() for token in settings.access_tokens]
    if not tokens and settings.access_connection:
        tokens = _from_connection(settings.access_connection)
    if not tokens and settings.access_tokens_file:
        tokens = _from_file(settings.access_tokens_file)
    if not tokens:
        raise TokenRefused(
            "There is no access token. Set CAMPAIGN_REACH_ACCESS_TOKENS, or CAMPAIGN_REACH_ACCESS_TOKENS_FILE; "
            "`campaign-reach sandbox` prints one to try with."
        )
    for number, token in enumerate(tokens, start=1):
        _require_one_word(number, token)
    return tokens


def _require_one_word(number: int, token: str) -> None:
    """Refuse what no header can carry; an error of the HTTP library would show it."""
    try:
        is_word = token.encode("latin-1").decode("latin-1").isprintable() and " " not in token
    except UnicodeEncodeError:
        is_word = False
    if not is_word:
        raise SettingsInvalid(
            f"Token number {number} holds letters that no token has. Was it copied whole, and nothing beside it? "
            "Tokens are separated by commas, in a file by lines."
        )


def _from_connection(name: str) -> list[str]:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        password = Connection.get(name).password or ""
    except AirflowNotFoundException:
        raise SettingsInvalid(
            f"CAMPAIGN_REACH_ACCESS_CONNECTION: Airflow knows no connection {name}. Add one with the tokens as its "
            f"password: airflow connections add {name} --conn-type generic --conn-password …"
        ) from None
    return [token.strip() for token in password.split(",") if token.strip()]


def _from_file(path: Path) -> list[str]:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SettingsInvalid(f"{path} can be read by others: chmod 600 {path}")
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise SettingsInvalid(f"CAMPAIGN_REACH_ACCESS_TOKENS_FILE: {path}: {error.strerror}") from None


def pages_of(api: GraphApi, token: str) -> list[PageAccess]:
    """The Pages that a token can read: those of its user, or the one that it is of.

    Raises: all that `GraphApi.call` raises.
    """
    params = {"fields": f"id,access_token,{INSTAGRAM}"}
    try:
        found = list(pages(api, ("me", "accounts"), params, size=PageSize(100)))
    except RequestRefused as error:
        if IS_A_PAGE not in str(error):
            raise
        page = api.call("GET", ("me",), params={"fields": f"id,{INSTAGRAM}"}).json
        return [_access(page, token)]
    listed = (page for _, answer in found for page in answer.json["data"])
    return [_access(page, str(page["access_token"])) for page in listed if "access_token" in page]


def _access(page: dict[str, Any], token: str) -> PageAccess:
    return PageAccess(str(page["id"]), token, (page.get(INSTAGRAM) or {}).get("id"))


def describe_token(api: GraphApi, token: str) -> TokenFacts:
    """What Meta says of a token. Source: GET /debug_token; the token goes in the body, not into a URL.

    Raises: all that `GraphApi.call` raises.
    """
    data = api.call("POST", ("debug_token",), params={"input_token": token, "method": "get"}).json.get("data", {})
    return TokenFacts(
        kind=str(data.get("type", "unknown")),
        app_id=str(data.get("app_id", "unknown")),
        is_valid=bool(data.get("is_valid")),
        scopes=tuple(data.get("scopes", ())),
        expires_at=_moment(data.get("expires_at")),
        data_until=_moment(data.get("data_access_expires_at")),
        why=str((data.get("error") or {}).get("message", "")),
    )


def _moment(seconds: Any) -> datetime | None:
    """A Unix moment of Meta's; 0 is never."""
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None
