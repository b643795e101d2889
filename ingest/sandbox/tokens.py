"""The tokens of the sandbox: one app, a system user, and a token per Page; all invented, all for loopback only."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.sandbox import errors

SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "read_insights",
    "instagram_basic",
    "instagram_manage_insights",
    "pages_manage_metadata",
)
BEARER = ("bearer ", "oauth ")


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind (`SYSTEM_USER`, `USER`, `PAGE`, `APP`), the Page it is of, what it may, until when."""

    kind: str
    value: str = field(repr=False)
    page_id: str | None = None
    scopes: tuple[str, ...] = SCOPES
    expires_at: datetime | None = None
    data_until: datetime | None = None
    """Until when it gives access to data; Meta ends that after 90 days without its owner."""


@dataclass(slots=True)
class Tokens:
    """Every token that the app has given, by its value."""

    app_id: str
    app_secret: str = field(repr=False)
    given: dict[str, Token] = field(default_factory=dict, repr=False)
    requires_proof: bool = False

    @classmethod
    def of_pages(cls, page_ids: Iterable[str], *, seed: str = "sandbox") -> "Tokens":
        """A system-user token, and one per Page."""
        tokens = cls(app_id="1000000000000001", app_secret=_digest(seed, "app secret"))
        tokens.give(Token("SYSTEM_USER", f"EAASandboxSystemUser{_digest(seed, 'system user')[:24]}"))
        tokens.give(Token("APP", f"{tokens.app_id}|{tokens.app_secret}"))
        for page_id in page_ids:
            tokens.give(Token("PAGE", f"EAASandboxPage{_digest(seed, page_id)[:24]}", page_id=page_id))
        return tokens

    def give(self, token: Token) -> Token:
        """Add a token."""
        self.given[token.value] = token
        return token

    @property
    def system_user(self) -> Token:
        """The token that lists all Pages."""
        return next(token for token in self.given.values() if token.kind == "SYSTEM_USER")

    def of_page(self, page_id: str) -> Token:
        """The Page's own token."""
        return next(token for token in self.given.values() if token.page_id == page_id)

    def of_request(self, params: Mapping[str, str], authorization: str | None, *, now: datetime) -> Token:
        """The token of a request, from its parameter or its header; its proof is checked if there is one.

        Raises: GraphError when there is none, it was never given, has expired, or its proof is wrong.
        """
        value = params.get("access_token") or _bearer(authorization)
        if not value:
            raise errors.no_token()
        token = self.given.get(value)
        if token is None:
            raise errors.bad_token()
        if token.expires_at is not None and token.expires_at <= now:
            raise errors.expired_token()
        proof = params.get("appsecret_proof")
        if (proof is not None or self.requires_proof) and not self._is_proof(proof or "", value):
            raise errors.bad_proof()
        return token

    def _is_proof(self, proof: str, value: str) -> bool:
        expected = hmac.new(self.app_secret.encode(), value.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(proof, expected)

    def describe(self, value: str, *, now: datetime) -> dict[str, Any]:
        """What `debug_token` says of a token."""
        token = self.given.get(value)
        if token is None:
            return {
                "data": {
                    "error": {"code": 190, "message": "Invalid OAuth access token."},
                    "is_valid": False,
                    "scopes": [],
                }
            }
        expires_at = int(token.expires_at.timestamp()) if token.expires_at else 0
        data: dict[str, Any] = {
            "app_id": self.app_id,
            "type": token.kind,
            "application": "campaign-reach sandbox",
            "data_access_expires_at": int(token.data_until.timestamp()) if token.data_until else 0,
            "expires_at": expires_at,
            "issued_at": int(now.timestamp()) - 86400,
            "is_valid": token.expires_at is None or token.expires_at > now,
            "scopes": list(token.scopes),
            "user_id": "10200000000000001",
        }
        return {"data": data | ({"profile_id": token.page_id} if token.page_id else {})}


def _bearer(authorization: str | None) -> str | None:
    for prefix in BEARER:
        if authorization and authorization.lower().startswith(prefix):
            return authorization[len(prefix) :].strip()
    return None


def _digest(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()
