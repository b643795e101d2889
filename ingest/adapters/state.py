"""What the client remembers between runs, in a small SQLite file: metrics that died, and accounts that must wait.

Nothing here is a number of a mart: losing the file costs a few calls, never data.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.domain.errors import StorageFailed

SCHEMA = """
    create table if not exists refused_metrics (
        account_id text not null, graph_name text not null, reason text not null, since text not null,
        probed_at text not null, primary key (account_id, graph_name)
    );
    create table if not exists quotas (
        account_id text primary key, used_pct integer not null, not_before_at text, seen_at text not null
    );
"""
PROBED_EVERY = timedelta(days=7)
"""How long a refused metric is not asked for: then a probe asks whether it has come back."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of an account's quota is used, in percent, and until when it must wait."""

    account_id: str
    used_pct: int
    not_before_at: datetime | None
    seen_at: datetime


class ClientState:
    """The state file; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def refused_metrics(self, account_id: str, *, at: datetime) -> dict[str, str]:
        """Graph name and reason of each metric that the account need not ask for; what died later does not count."""
        fresh = _text(at - PROBED_EVERY)
        with self._open() as file:
            rows = file.execute(
                "select graph_name, reason from refused_metrics where account_id = ? and probed_at > ? and since <= ?",
                (account_id, fresh, _text(at)),
            ).fetchall()
        return dict(rows)

    def remember_refused(self, account_id: str, refused: dict[str, str], *, at: datetime) -> dict[str, str]:
        """Remember refused metrics, since when, and that they were probed now; those that are news."""
        with self._open() as file:
            known = {
                name
                for (name,) in file.execute(
                    "select graph_name from refused_metrics where account_id = ?", (account_id,)
                )
            }
            file.executemany(
                "insert into refused_metrics values (?, ?, ?, ?, ?) on conflict (account_id, graph_name) "
                "do update set reason = excluded.reason, probed_at = excluded.probed_at",
                [(account_id, name, reason, _text(at), _text(at)) for name, reason in refused.items()],
            )
        return {name: reason for name, reason in refused.items() if name not in known}

    def forget_refused(self, account_id: str, served: tuple[str, ...]) -> None:
        """Forget that metrics were refused: they are served again."""
        with self._open() as file:
            file.executemany(
                "delete from refused_metrics where account_id = ? and graph_name = ?",
                [(account_id, name) for name in served],
            )

    def note_quota(self, quota: Quota) -> None:
        """Remember how much of the quota is used."""
        waits = _text(quota.not_before_at) if quota.not_before_at else None
        row = (quota.account_id, quota.used_pct, waits, _text(quota.seen_at))
        with self._open() as file:
            file.execute("insert or replace into quotas values (?, ?, ?, ?)", row)

    def quotas(self) -> list[Quota]:
        """What is known of each account's quota, the fullest first."""
        with self._open() as file:
            rows = file.execute("select * from quotas order by used_pct desc, account_id").fetchall()
        return [Quota(one, used, _moment(waits) if waits else None, _moment(seen)) for one, used, waits, seen in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=30)
        except (OSError, sqlite3.Error) as error:
            raise StorageFailed(
                f"{self._path} cannot be opened: {error}. It may be deleted; it is made anew."
            ) from None
        try:
            connection.executescript(SCHEMA)
            with connection:
                yield connection
        except sqlite3.DatabaseError as error:
            raise StorageFailed(f"{self._path} cannot be used: {error}. It may be deleted; it is made anew.") from None
        finally:
            connection.close()


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
