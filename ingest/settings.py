"""The settings, read once from `CAMPAIGN_REACH_…`; the only place that touches the environment."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ingest.domain.errors import SettingsInvalid

Clock = Callable[[], datetime]
"""Gives the present moment, UTC. A frozen one lets tests and the demo live through a campaign in seconds."""

PROJECT = Path(__file__).resolve().parent.parent


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Secrets = Annotated[list[SecretStr], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """Where things are and how to reach Meta; every field is `CAMPAIGN_REACH_<NAME>` in the environment."""

    model_config = SettingsConfigDict(env_prefix="CAMPAIGN_REACH_", extra="ignore", frozen=True)

    graph_url: str = Field(
        "https://graph.facebook.com", description="Where the Graph API answers: a host of Meta, or this machine"
    )
    graph_version: str = Field("v26.0", pattern=r"^v\d+\.\d+$", description="Graph API version that is asked for")
    app_id: str = Field("", description="Id of the Meta app")
    app_secrets: Secrets = Field([], description="Secrets of the app, newest first, separated by commas")
    access_tokens: Secrets = Field([], description="System-user, user or Page tokens, separated by commas")
    access_tokens_file: Path | None = Field(None, description="A file (mode 0600) with one token a line")
    access_connection: str = Field("", description="An Airflow connection whose password holds the tokens, for tasks")
    verify_token: SecretStr = Field(SecretStr(""), description="What Meta says at the webhook's handshake; choose one")
    queue_uri: str = Field("sqlite:///var/queue.sqlite", description="Where deliveries wait; or sqs://region/name")
    sqs_log_path: Path = Field(
        Path("var/sqs_log.sqlite"), description="With a queue on SQS: what the receiver acknowledged, hashes only"
    )
    aws_endpoint_url: str = Field("", description="Where S3 and SQS answer, if it is not AWS itself")
    events_path: Path = Field(Path("var/events.sqlite"), description="What the deliveries ask for, and its state")
    drop_uri: str = Field("var/drop", description="Folder that is watched for files")
    ring_url: str = Field("", description="Airflow's address, if the receiver is to ring it at once; user and password")
    ring_user: str = Field("", description="Who rings")
    ring_password: SecretStr = Field(SecretStr(""), description="The password of who rings")
    alert_url: SecretStr = Field(SecretStr(""), description="A webhook that takes alerts as JSON with a text (Slack)")
    warm_scheduler: bool = Field(False, description="Import and use everything once in Airflow's scheduler")
    campaigns_dir: Path = Field(PROJECT / "campaigns", description="The registry: one YAML file per campaign")
    landing_uri: str = Field("var/landing", description="Where answers land: a folder, or s3://bucket/prefix")
    retention_days: int | None = Field(
        None, ge=1, description="Days that loaded answers of the Graph API stay in landing; not set, they stay for ever"
    )
    quarantine_dir: Path = Field(Path("var/quarantine"), description="Folder for answers that are not strict JSON")
    state_path: Path = Field(Path("var/state.sqlite"), description="What the client remembers: dead metrics, quotas")
    warehouse_path: Path = Field(Path("var/warehouse.duckdb"), description="Private DuckDB file of the build")
    warehouse_memory: str = Field("2GB", pattern=r"^\d+(MB|GB)$", description="How much memory DuckDB may use to build")
    published_uri: str = Field("var/published", description="What readers open: a folder, or s3://bucket/prefix")
    logs_dir: Path = Field(Path("var/logs"), description="Folder for log files")
    dbt_dir: Path = Field(Path("var/dbt"), description="Folder for dbt's target and logs")
    most_calls: int = Field(100, ge=1, description="Calls beyond its listing that one account may cost in one run")
    side_by_side: int = Field(4, ge=1, le=64, description="How many accounts the command line reads side by side")
    smallest_group: int = Field(
        5, ge=1, description="Groups of fewer respondents of a survey are left out when their file is imported"
    )
    keep_versions: int = Field(5, ge=1, description="How many publications stay beside the served one")
    now: AwareDatetime | None = Field(None, description="A fixed clock, for the demo and tests; empty is the real one")

    @property
    def clock(self) -> Clock:
        """The clock that steps are given: the fixed one if it is set, else the real one."""
        fixed = self.now
        return (lambda: fixed.astimezone(UTC)) if fixed else partial(datetime.now, UTC)


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with overrides.

    Raises: SettingsInvalid, naming each variable and what is wrong with it.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [f"CAMPAIGN_REACH_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise SettingsInvalid("Settings cannot be used:\n  " + "\n  ".join(lines)) from None


def export(variables: Mapping[str, str]) -> None:
    """Put variables into this process's environment, for programs that are configured by it (Airflow, dbt)."""
    os.environ.update(variables)


@contextmanager
def exported(variables: Mapping[str, str]) -> Iterator[None]:
    """Variables in this process's environment until the context ends; what was there before is there again then."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a child process that is to see the same places as this one, whatever its folder; no token."""
    names = (
        "campaigns_dir",
        "landing_uri",
        "quarantine_dir",
        "state_path",
        "events_path",
        "sqs_log_path",
        "drop_uri",
        "warehouse_path",
        "published_uri",
        "logs_dir",
        "dbt_dir",
    )
    places = {name: str(getattr(settings, name)) for name in names}
    queue = Path(settings.queue_uri.removeprefix("sqlite:///"))
    places["queue_uri"] = settings.queue_uri if "sqs:" in settings.queue_uri else f"sqlite:///{queue.absolute()}"
    return dict(os.environ) | {
        f"CAMPAIGN_REACH_{name.upper()}": place if "://" in place else str(Path(place).absolute())
        for name, place in places.items()
    }


def settings_table() -> str:
    """Every setting with its default and meaning, as a Markdown table; docs/reference/settings.md is made from it."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = (
            str(default.relative_to(PROJECT)) if isinstance(default, Path) and default.is_absolute() else str(default)
        )
        shown = f"`{shown}`" if shown and default not in (None, []) else ""
        rows.append(f"| `CAMPAIGN_REACH_{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)
