"""The session: Meta's SDK with the doors closed that it leaves open.

The SDK puts the token into every URL, follows redirects anywhere, waits for ever and reads without end. Here the token
travels in a header, nothing is followed, one host is spoken to, and time and size have a limit.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from facebook_business.api import FacebookAdsApi, _top_level_param_json_encode
from facebook_business.session import FacebookSession

from ingest.adapters.graph.answers import Answer, AnswerRejected, checked, regain_minutes, used_pct
from ingest.domain.errors import GraphUnavailable, RateLimited, SettingsInvalid, UnsafeAnswer

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
TOTAL_SECONDS = 60.0
LARGEST_BODY = 64 * 1024 * 1024
CHUNK = 64 * 1024
STOP_AT_PCT = 90
"""From so much of the quota on nothing more is asked: the rest is for others, and Meta's own stop lasts longer."""
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class _BoundedSession(requests.Session):
    """A `requests` session that speaks to one host only, follows nothing, and reads so long and so much."""

    def __init__(self, host: str, *, total_seconds: float, largest_body: int) -> None:
        super().__init__()
        self.trust_env = False
        self._host = host
        self._total_seconds = total_seconds
        self._largest_body = largest_body

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """The answer, read whole.

        Raises: GraphUnavailable, UnsafeAnswer; neither holds the URL, which may hold a credential.
        """
        if urlsplit(str(url)).netloc != self._host:
            raise UnsafeAnswer(f"A request to another host than {self._host} was refused.")
        deadline = time.monotonic() + self._total_seconds
        options = kwargs | {"allow_redirects": False, "stream": True}
        try:
            with super().request(method, url, *args, **options) as response:
                response._content = self._read(response, deadline)
        except requests.RequestException as error:
            raise GraphUnavailable(
                f"{self._host} gave no answer: {_cause(error)}. "
                "Is the network there, and CAMPAIGN_REACH_GRAPH_URL right?"
            ) from None
        if response.is_redirect or 300 <= response.status_code < 400:  # noqa: PLR2004 - HTTP's own classes
            raise UnsafeAnswer(f"{self._host} answered with a redirect ({response.status_code}); nothing is followed.")
        return response

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        content = bytearray()
        for chunk in response.iter_content(CHUNK):
            content += chunk
            if len(content) > self._largest_body:
                raise UnsafeAnswer(f"{self._host} sent more than {self._largest_body:,} bytes; the rest was not read.")
            if time.monotonic() > deadline:
                raise GraphUnavailable(f"{self._host} did not finish within {self._total_seconds:.0f} s.")
        return bytes(content)


def _cause(error: requests.RequestException) -> str:
    """What went wrong, without the message of `requests`, which holds the URL."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate was not accepted"
    if isinstance(error, requests.Timeout):
        return "it took too long"
    if isinstance(error, requests.ConnectionError):
        return "the connection was refused or broke off"
    return "the answer broke off"


class GraphSession(FacebookSession):  # type: ignore[misc]
    """A session of the SDK for one token, at the URL of the settings."""

    def __init__(self, *, graph_url: str, access_token: str, app_id: str = "", app_secret: str | None = None) -> None:
        super().__init__(app_id or None, app_secret or None, access_token, timeout=(CONNECT_SECONDS, READ_SECONDS))
        parts = urlsplit(graph_url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise SettingsInvalid(
                f"CAMPAIGN_REACH_GRAPH_URL: {graph_url} must begin with https:// outside this machine"
            )
        self.GRAPH = graph_url.rstrip("/")
        proof = {"appsecret_proof": self.appsecret_proof} if app_secret else {}
        self.requests = _BoundedSession(parts.netloc, total_seconds=TOTAL_SECONDS, largest_body=LARGEST_BODY)
        self.requests.params = proof
        self.requests.headers["Authorization"] = f"Bearer {access_token}"

    def __repr__(self) -> str:
        return f"GraphSession({self.GRAPH})"


class GraphApi(FacebookAdsApi):  # type: ignore[misc]
    """The SDK's api object; `call` gives an answer that was checked, or raises one of our errors."""

    def __init__(self, session: GraphSession, *, version: str, retrying: Callable[..., Any]) -> None:
        super().__init__(session, api_version=version)
        self._retrying = retrying
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

    def call(self, method: str, path: Any, params: Any = None, **options: Any) -> Answer:
        """The checked answer; what may pass by itself is tried again a few times.

        Raises: GraphUnavailable, RateLimited, TokenRefused, RequestRefused, UnsafeAnswer, AnswerRejected.
        """
        answer: Answer = self._retrying(self._call_once, method, path, params, **options)
        return answer

    def _call_once(self, method: str, path: Any, params: Any, **options: Any) -> Answer:
        """One request. The SDK's own `call` counts an HTML error page as success, so it is not used."""
        return self._checked(self._send(method, path, params, **options))

    def call_batch(self, form: dict[str, str]) -> list[Any]:
        """The parts of a batch as Meta sent them, unchecked: each an object with code, headers and body, or null.

        Raises: what `call` raises when the whole batch is refused or is no list.
        """
        parts: list[Any] = self._retrying(self._call_batch_once, form)
        return parts

    def _call_batch_once(self, form: dict[str, str]) -> list[Any]:
        response = self._send("POST", (), form)
        wrapped = response.content if response.content.lstrip()[:1] != b"[" else b'{"parts":%b}' % response.content
        parts = self._checked(response, wrapped).json.get("parts")
        if not isinstance(parts, list):
            raise AnswerRejected("Meta's answer to a batch is no list of parts.", body=response.content)
        return parts

    def _send(self, method: str, path: Any, params: Any, **options: Any) -> requests.Response:
        if self.is_nearly_used_up:
            raise RateLimited(
                f"{self.used_pct} % of a quota is used; nothing more is asked.", minutes=self.regain_minutes or None
            )
        self._num_requests_attempted += 1
        url = "/".join((self._session.GRAPH, str(self._api_version), *map(str, path)))
        place = "params" if method in ("GET", "DELETE") else "data"
        encoded = {place: _top_level_param_json_encode(dict(params or {}))}
        response: requests.Response = self._session.requests.request(
            method, url, timeout=self._session.timeout, **encoded, **options
        )
        return response

    def _checked(self, response: requests.Response, body: bytes | None = None) -> Answer:
        answer = checked(
            status=response.status_code,
            headers=response.headers,
            body=response.content if body is None else body,
            asked_version=self.version,
        )
        self._num_requests_succeeded += 1
        self.note_usage(answer.headers)
        return answer

    def note_usage(self, headers: Mapping[str, str]) -> None:
        """Keep how much of the quota is used, and when it is free again: the fullest that was seen."""
        self.used_pct = max(self.used_pct, used_pct(headers))
        self.regain_minutes = max(self.regain_minutes, regain_minutes(headers))
