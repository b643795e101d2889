"""Alert: one message to a webhook about what is not well, once, and again a day later if it still is not.

It says nothing that was told already, and never a secret. What it has told stands in the client's state file.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from ingest.adapters.state import ClientState
from ingest.adapters.webhook_out import post_message
from ingest.health import Reading, read_health
from ingest.logs import CREDENTIAL
from ingest.settings import Settings

log = structlog.get_logger()
TOLD_AGAIN_AFTER = timedelta(days=1)
SECRET_AT_LEAST = 5


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to tell: a key under which it is told once, how bad it is, and the words."""

    key: str
    level: str
    text: str


def send_alerts(settings: Settings) -> list[str]:
    """Tell what is not well and was not told within a day, and what is well again, in one message; its lines.

    Raises: AlertNotSent; what was to be told is told next time.
    """
    return _send(settings, [_of_reading(one) for one in read_health(settings) if one.level != "ok"], tells_ends=True)


def tell_failure(settings: Settings, *, dag: str, task: str, error: BaseException | None) -> list[str]:
    """Tell that a task of Airflow has failed, with all that is not well; the lines that were sent.

    Raises: AlertNotSent.
    """
    first = str(error).strip().splitlines()[0] if error and str(error).strip() else "no reason was given"
    kind = type(error).__name__ if error else "Failure"
    failure = Alert(
        f"failure {dag}.{task} {kind} {_digits(first)}", "critical", f"{dag}.{task} failed: {kind}: {first}"
    )
    readings = [_of_reading(one) for one in read_health(settings) if one.level != "ok"]
    return _send(settings, [failure, *readings], tells_ends=False)


def _of_reading(reading: Reading) -> Alert:
    todo = f" → {reading.what_to_do}" if reading.what_to_do else ""
    return Alert(f"{reading.name} {reading.level}", reading.level, f"{reading.name}: {reading.found}{todo}")


def _send(settings: Settings, alerts: list[Alert], *, tells_ends: bool) -> list[str]:
    url = settings.alert_url.get_secret_value()
    if not url:
        return []
    state, now = ClientState(settings.state_path), settings.clock()
    told = state.alerts()
    new = [one for one in alerts if one.key not in told or now - told[one.key] >= TOLD_AGAIN_AFTER]
    over = sorted(set(told) - {one.key for one in alerts}) if tells_ends else []
    over = [key for key in over if not key.startswith("failure ") or now - told[key] >= TOLD_AGAIN_AFTER]
    ended = [key.rpartition(" ")[0] for key in over if not key.startswith("failure ")]
    lines = [f"{one.level}: {one.text}" for one in new] + [f"over: {name}" for name in ended]
    if lines:
        lines = list(_without_secrets(settings, lines))
        post_message(url, {"text": "campaign-reach\n" + "\n".join(lines), "alerts": lines})
    state.note_alerts([one.key for one in new], over, at=now)
    if lines:
        log.info("alerts_sent", alerts=len(new), over=len(ended))
    return lines


def _without_secrets(settings: Settings, lines: Iterable[str]) -> Iterable[str]:
    """The lines without anything that looks like a credential, and without every secret of the settings."""
    fields = [getattr(settings, name) for name in type(settings).model_fields]
    several = [one for field in fields for one in (field if isinstance(field, list) else [field])]
    secrets = [one.get_secret_value() for one in several if hasattr(one, "get_secret_value")]
    for line in lines:
        said = CREDENTIAL.sub("REDACTED", line)
        for secret in secrets:
            said = said.replace(secret, "REDACTED") if len(secret) >= SECRET_AT_LEAST else said
        yield said


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
