"""Build as of a day: the numbers, and the rules, as they were known at its end, through the same gate.

A warehouse of its own is made from what had landed by then, and published beside: the served version is not touched.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from ingest.adapters.publication.publication import AS_OF
from ingest.domain.errors import NothingYet
from ingest.settings import Settings, load_settings
from ingest.steps.build import build_marts
from ingest.steps.load import load_landed
from ingest.steps.publish import Published, publish_marts


def publish_as_of(settings: Settings, day: date) -> Published:
    """The publication of what was known at the end of a day, in `published/as_of/<day>/`.

    The day ends in the time zone of the campaigns; in UTC when they have several.
    Raises: SettingsInvalid when nothing had landed by then, GateStopped, and what load, build and publish raise.
    """
    then = as_of_settings(settings, day)
    for old in (then.warehouse_path, then.warehouse_path.with_suffix(".duckdb.wal")):
        old.unlink(missing_ok=True)
    loaded = load_landed(then, until=then.clock())
    if not loaded.files:
        raise NothingYet(f"Nothing had landed by {day}. The oldest landed file says since when there is history.")
    build_marts(then)
    return publish_marts(then)


def as_of_settings(settings: Settings, day: date) -> Settings:
    """The settings with the clock at the end of the day, and places of the day's own for warehouse and publication."""
    end = datetime.combine(day, time(23, 59, 59), _time_zone(settings)).astimezone(UTC)
    own = {
        "now": end,
        "warehouse_path": settings.warehouse_path.parent / "as_of" / f"{day}.duckdb",
        "published_uri": f"{settings.published_uri.rstrip('/')}/{AS_OF}/{day}",
    }
    return load_settings(**(settings.model_dump() | own))


def _time_zone(settings: Settings) -> ZoneInfo:
    from ingest.adapters.registry import read_registry

    zones = {campaign.time_zone for campaign in read_registry(settings.campaigns_dir).campaigns}
    return ZoneInfo(zones.pop() if len(zones) == 1 else "UTC")
