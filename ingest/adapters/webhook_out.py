"""A message to a webhook of ours: JSON with a `text`, as Slack and its kin take it."""

import requests

from ingest.domain.errors import AlertNotSent

TIMEOUT_SECONDS = 10


def post_message(url: str, body: dict[str, object]) -> None:
    """Post the message.

    Raises: AlertNotSent; it never names the address, which is a secret.
    """
    try:
        answer = requests.post(url, json=body, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        raise AlertNotSent(f"The alert could not be sent: {type(error).__name__}. {_TODO}") from None
    if not answer.ok or answer.is_redirect:
        raise AlertNotSent(f"The alert could not be sent: the receiver answered {answer.status_code}. {_TODO}")


_TODO = "Is CAMPAIGN_REACH_ALERT_URL right? It is told again next time."
