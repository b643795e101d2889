"""Landed files of any size, written without a Graph API: what the benches of explaining and rebuilding read."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.adapters.landing.envelope import Batch, Received, Request
from ingest.adapters.landing.open_landing import open_landing
from ingest.domain.metrics import expandable
from ingest.settings import Settings, load_settings
from ingest.steps.land_registry import land_registry

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
FIRST_ID = 10**14


def world_settings(folder: Path, *, accounts: int) -> Settings:
    """Settings below a folder, with one campaign of so many Pages."""
    campaigns = folder / "campaigns"
    campaigns.mkdir(parents=True)
    pages = "\n".join(
        f'  - {{account_id: "{FIRST_ID + number}", platform: facebook, account_name: Page {number}, ownership: own}}'
        for number in range(accounts)
    )
    (campaigns / "bench.yml").write_text(
        "campaign_id: bench\ncampaign_name: Bench\norganisation: A bench\n"
        "time_zone: Asia/Ulaanbaatar\nlanguages: [mn]\n"
        "phases:\n  - {phase_id: main, phase_name: Main, starts_on: 2026-09-01, ends_on: 2026-09-30}\n"
        f'accounts:\n{pages}\nhashtags: ["#Хамтдаа"]\n',
        encoding="utf-8",
    )
    places = {
        name: folder / path
        for name, path in (
            ("quarantine_dir", "quarantine"),
            ("state_path", "state.sqlite"),
            ("events_path", "events.sqlite"),
            ("warehouse_path", "warehouse.duckdb"),
            ("logs_dir", "logs"),
            ("dbt_dir", "dbt"),
        )
    }
    uris = {"landing_uri": str(folder / "landing"), "published_uri": str(folder / "published")}
    queue = {"queue_uri": f"sqlite:///{folder / 'queue.sqlite'}"}
    return load_settings(**places, **uris, **queue, campaigns_dir=campaigns, now=NOW)


def land_history(settings: Settings, *, accounts: int, posts: int, days: int) -> int:
    """Land the registry, and each account with all its posts on each of the last days; how many files."""
    land_registry(settings)
    landing = open_landing(settings)
    names = expandable("facebook", on=NOW.date())
    for day in range(days):
        at = NOW - timedelta(days=days - 1 - day)
        for number in range(accounts):
            account_id = str(FIRST_ID + number)
            body = {"data": list(_posts(account_id, posts, names, gained=day))}
            page = {"id": account_id, "name": f"Page {number}", "followers_count": 5000}
            answers = (
                _received("page", account_id, page, ()),
                _received("published_posts", account_id, body, names),
            )
            landing.write(Batch("api", "facebook", account_id, at, answers))
    return accounts * days + 1


def _posts(account_id: str, count: int, names: tuple[str, ...], *, gained: int) -> Iterator[dict[str, object]]:
    maps = {"post_reactions_by_type_total": {"like": 40}, "post_activity_by_action_type": {"comment": 5, "share": 3}}
    for number in range(count):
        insights = [
            {"name": name, "period": "lifetime", "values": [{"value": maps.get(name, 900 + number + gained)}]}
            for name in names
        ]
        yield {
            "id": f"{account_id}_{number}",
            "created_time": f"2026-09-{number % 28 + 1:02d}T04:00:00+0000",
            "message": f"Хамтдаа {number} #Хамтдаа " + "Аа " * 40,
            "permalink_url": f"https://www.facebook.com/{account_id}/posts/{number}",
            "status_type": "added_photos",
            "attachments": {"data": [{"media_type": "photo", "type": "photo"}]},
            "insights": {"data": insights},
        }


def _received(edge: str, object_id: str, body: dict[str, object], metrics: tuple[str, ...]) -> Received:
    text = json.dumps(body, ensure_ascii=False).encode()
    return Received(Request(edge, object_id, (), metrics), text, http_status=200, graph_version="v26.0")
