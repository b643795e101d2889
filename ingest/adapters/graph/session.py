"""The session: Meta's SDK with the doors closed that it leaves open.

The SDK puts the token into every URL, follows redirects anywhere, waits for ever and reads without end. Here the token
travels in a header, over a transport that follows nothing and has limits.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from facebook_business.api import FacebookAdsApi, _top_level_param_json_encode
from facebook_business.session import FacebookSession

from ingest.adapters.graph.answers import Answer, checked
from ingest.adapters.graph.transport import BoundedSession
from ingest.adapters.graph.usage import regain_minutes, used_pct
from ingest.domain.errors import AnswerRejected, GraphUnavailable, RateLimited, SettingsInvalid

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
TOTAL_SECONDS = 60.0
LARGEST_BODY = 64 * 1024 * 1024
STOP_AT_PCT = 90
"""From so much of the quota on nothing more is asked: the rest is for others, and Meta's own stop lasts longer."""
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
GRAPH_HOSTS = {"graph.facebook.com", "graph.instagram.com", *LOOPBACK}
"""Who may see a token: Meta, and a sandbox on this machine."""


class GraphSession(FacebookSession):  # type: ignore[misc]
    """A session of the SDK for one token, at the URL of the settings."""

    def __init__(self, *, graph_url: str, access_token: str, app_id: str = "", app_secret: str | None = None) -> None:
        super().__init__(app_id or None, app_secret or None, access_token, timeout=(CONNECT_SECONDS, READ_SECONDS))
        parts = urlsplit(graph_url)
        if parts.hostname not in GRAPH_HOSTS or parts.username is not None:
            raise SettingsInvalid(
                f"CAMPAIGN_REACH_GRAPH_URL: {parts.hostname or graph_url} is no host of Meta's Graph API; nothing was "
                f"sent. It may be one of {', '.join(sorted(GRAPH_HOSTS))}."
            )
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise SettingsInvalid(
                f"CAMPAIGN_REACH_GRAPH_URL: {graph_url} must begin with https:// outside this machine"
            )
        self.GRAPH = graph_url.rstrip("/")
        escaped = json.dumps(access_token)[1:-1]
        spellings = (access_token, quote(access_token, safe=""), escaped, escaped.replace("/", "\\/"))
        self._secrets = {one.encode() for one in spellings}
        proof = {"appsecret_proof": self.appsecret_proof} if app_secret else {}
        self.requests = BoundedSession(
            self.GRAPH, total_seconds=TOTAL_SECONDS, read_seconds=READ_SECONDS, largest_body=LARGEST_BODY
        )
        self.requests.params = proof
        self.requests.headers["Authorization"] = f"Bearer {access_token}"

    def without_token(self, body: bytes) -> bytes:
        """A body without the session's own token: Meta says it back, in `paging.next` and in some errors."""
        for secret in self._secrets:
            if secret in body:
                body = body.replace(secret, b"REDACTED")
        return body

    def __repr__(self) -> str:
        return f"GraphSession({self.GRAPH})"


Accepts = Callable[[Answer], None]
"""Raises AnswerRejected when a checked answer is not what was asked for."""


def _anything(_: Answer) -> None:
    """Accept every checked answer."""


class GraphApi(FacebookAdsApi):  # type: ignore[misc]
    """The SDK's api object; `call` gives an answer that was checked, or raises one of our errors."""

    def __init__(
        self, session: GraphSession, *, version: str, retrying: Callable[..., Any], account_id: str = ""
    ) -> None:
        super().__init__(session, api_version=version)
        self._retrying = retrying
        self._account_id = account_id
        self.used_pct = 0
        self.regain_minutes = 0

    @property
    def is_nearly_used_up(self) -> bool:
        """Whether so much of the quota is used that nothing more is asked."""
        return self.used_pct >= STOP_AT_PCT

    @property
    def version(self) -> str:
        """The version that is asked for."""
        return str(self._api_version)

    def call(self, method: str, path: Any, params: Any = None, *, accepts: Accepts = _anything) -> Answer:
        """The checked answer that `accepts` does not refuse; what may pass by itself is tried again a few times.

        Raises: GraphUnavailable, RateLimited, TokenRefused, RequestRefused, UnsafeAnswer, AnswerRejected.
        """
        answer: Answer = self._retrying(self._call_once, method, path, params, accepts)
        return answer

    def _call_once(self, method: str, path: Any, params: Any, accepts: Accepts) -> Answer:
        """One request. The SDK's own `call` counts an HTML error page as success, so it is not used."""
        answer = self._checked(self._send(method, path, params))
        accepts(answer)
        return answer

    def call_batch(self, addresses: Sequence[str]) -> list[Any]:
        """The answers to addresses below the version, unchecked: each an object with code, headers and body, or null.

        Raises: what `call` raises when the whole batch is refused, or is no list of as many parts.
        """
        parts: list[Any] = self._retrying(self._call_batch_once, addresses)
        return parts

    def _call_batch_once(self, addresses: Sequence[str]) -> list[Any]:
        asked = [{"method": "GET", "relative_url": address} for address in addresses]
        response = self._send("POST", (), {"batch": json.dumps(asked)})
        wrapped = response.content if response.content.lstrip()[:1] != b"[" else b'{"parts":%b}' % response.content
        parts = self._checked(response, wrapped).json.get("parts")
        if not isinstance(parts, list):
            raise AnswerRejected("Meta's answer to a batch is no list of parts.", body=response.content)
        if len(parts) != len(addresses):
            raise GraphUnavailable(
                f"Of {len(addresses)} parts of a batch Meta answered {len(parts)}. It is tried again."
            )
        return parts

    def _send(self, method: str, path: Any, params: Any) -> requests.Response:
        if self.is_nearly_used_up:
            raise RateLimited(
                f"{self.used_pct} % of a quota is used; nothing more is asked.", minutes=self.regain_minutes or None
            )
        self._num_requests_attempted += 1
        url = "/".join((self._session.GRAPH, str(self._api_version), *map(str, path)))
        place = "params" if method in ("GET", "DELETE") else "data"
        encoded = {place: _top_level_param_json_encode(dict(params or {}))}
        response: requests.Response = self._session.requests.request(
            method, url, timeout=self._session.timeout, **encoded
        )
        response._content = self._session.without_token(response.content)
        return response

    def _checked(self, response: requests.Response, body: bytes | None = None) -> Answer:
        answer = checked(
            status=response.status_code,
            headers=response.headers,
            body=response.content if body is None else body,
            asked_version=self.version,
            account_id=self._account_id,
        )
        self._num_requests_succeeded += 1
        self.note_usage(answer.headers)
        return answer

    def note_usage(self, headers: Mapping[str, str]) -> None:
        """Keep how much of the quota is used, and when it is free again: the fullest that was seen."""
        self.used_pct = max(self.used_pct, used_pct(headers, account_id=self._account_id))
        self.regain_minutes = max(self.regain_minutes, regain_minutes(headers, account_id=self._account_id))
