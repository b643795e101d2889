"""Access: which configured token can read an account, and an api object that uses it."""

import hashlib
import time

import structlog

from ingest.adapters.graph.retrying import retrying
from ingest.adapters.graph.session import GraphApi, GraphSession
from ingest.adapters.graph.tokens import PageAccess, TokenFacts, configured_tokens, describe_token, pages_of
from ingest.domain.errors import RequestRefused, TokenRefused
from ingest.settings import Settings

log = structlog.get_logger()
KEPT_SECONDS = 600.0


def api_for(settings: Settings, account_id: str) -> GraphApi:
    """An api object of its own for an account, with the Page token that can read it.

    Raises: TokenRefused when no configured token can read the account, naming it.
    """
    for known in (_pages_of_process, readable_pages):
        for page in known(settings):
            if account_id in (page.page_id, page.instagram_id):
                return api_with(settings, page.token, account_id=account_id)
    raise TokenRefused(
        f"No token can read account {account_id}. Give the token's owner a role on it, or take the account out of its "
        "campaign file; `campaign-reach check` lists what cannot be read."
    )


def readable_pages(settings: Settings) -> list[PageAccess]:
    """The Pages that the configured tokens can read, with their Instagram accounts; a token that is over is left out.

    Raises: GraphUnavailable, and TokenRefused when no token is left.
    """
    found: list[PageAccess] = []
    refused: list[TokenRefused] = []
    tokens = configured_tokens(settings)
    for number, token in enumerate(tokens, start=1):
        try:
            found += pages_of(api_with(settings, token), token)
        except TokenRefused as error:
            refused.append(error)
            log.warning("token_refused", token=f"number {number}", reason=str(error))
    if len(refused) == len(tokens):
        raise refused[0]
    return found


_kept: dict[str, tuple[float, list[PageAccess]]] = {}


def _pages_of_process(settings: Settings) -> list[PageAccess]:
    """The Pages as this process read them a few minutes ago: many accounts need one call, not one each."""
    tokens = hashlib.sha256("\n".join((settings.graph_url, *configured_tokens(settings))).encode()).hexdigest()
    moment, pages = _kept.get(tokens, (0.0, []))
    if not pages or time.monotonic() - moment > KEPT_SECONDS:
        pages = readable_pages(settings)
        _kept[tokens] = time.monotonic(), pages
    return pages


def token_facts(settings: Settings) -> list[TokenFacts]:
    """What Meta says of each configured token: the app asks, else the token itself, which a dead one cannot.

    Raises: TokenRefused when there is none, GraphUnavailable.
    """
    asking = app_token(settings)
    return [_facts(settings, asking or token, token) for token in configured_tokens(settings)]


def app_token(settings: Settings) -> str | None:
    """The app's own token, which may ask about all others; None without id and secret."""
    if not settings.app_id or not settings.app_secrets:
        return None
    return f"{settings.app_id}|{settings.app_secrets[0].get_secret_value()}"


def _facts(settings: Settings, asking: str, token: str) -> TokenFacts:
    try:
        return describe_token(api_with(settings, asking), token)
    except (TokenRefused, RequestRefused) as error:
        return TokenFacts("unknown", "unknown", is_valid=False, scopes=(), expires_at=None, why=str(error))


def api_with(settings: Settings, token: str, *, account_id: str = "") -> GraphApi:
    """An api object for one token, and the account that it is to read; each thread or task has its own."""
    session = GraphSession(
        graph_url=settings.graph_url,
        access_token=token,
        app_id=settings.app_id,
        app_secret=settings.app_secrets[0].get_secret_value() if settings.app_secrets else None,
    )
    return GraphApi(session, version=settings.graph_version, retrying=retrying(sleep=time.sleep), account_id=account_id)
