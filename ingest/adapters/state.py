"""What the client remembers between runs, in a small SQLite file: dead metrics, quotas, and which posts it has read.

Nothing here is a number of a mart: losing the file costs a few calls, never data.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.adapters.sqlite_file import SqliteFile
from ingest.domain.gaps import Gap
from ingest.domain.refresh import KnownPost

SCHEMA = """
    create table if not exists refusals (
        account_id text not null, place text not null, graph_name text not null, reason text not null,
        since text not null, probed_at text not null, primary key (account_id, place, graph_name)
    );
    create table if not exists gaps (
        account_id text not null, year integer not null, listed integer not null, listed_since text not null,
        seen_at text not null, primary key (account_id, year)
    );
    create table if not exists quotas (
        account_id text primary key, used_pct integer not null, not_before_at text, seen_at text not null
    );
    create table if not exists blocks (account_id text primary key, until text not null);
    create table if not exists posts (
        account_id text not null, post_id text not null, published_at text not null, product text not null,
        refreshed_at text not null, apart_at text, misses integer not null default 0, primary key (account_id, post_id)
    );
    create table if not exists reads (
        account_id text not null, what text not null, until text not null, primary key (account_id, what)
    );
    create table if not exists stories (
        account_id text not null, story_id text not null, published_at text not null, primary key (account_id, story_id)
    );
    create table if not exists alerts (what text primary key, told_at text not null);
"""
PROBED_EVERY = timedelta(days=7)
"""How long a refused metric is not asked for: then a probe asks whether it has come back."""
EXPANSION = "expansion"
"""The place of what a listing as a whole does not give: the insights of its posts."""
THE_APP = "app"
"""What a quota belongs to that every account uses."""
GONE_AFTER = 3
"""How often a post must be missing before it is asked for no more: Meta hides objects for a while, too."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of an account's quota is used, in percent, and until when it must wait."""

    account_id: str
    used_pct: int
    not_before_at: datetime | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SeenPost:
    """A post as a listing shows it: `product` is the kind that the metric catalogue knows, empty for most."""

    account_id: str
    post_id: str
    published_at: datetime
    product: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A metric, or a list, that Meta refuses of an account: where, why, since when."""

    account_id: str
    place: str
    graph_name: str
    reason: str
    since: datetime


class ClientState:
    """The state file, for one thread; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        # a lost file costs calls; waiting for the disk costs more
        self._file = SqliteFile(path, SCHEMA, synchronous="off")

    def together(self) -> AbstractContextManager[None]:
        """All that is noted within is one transaction."""
        return self._file.together()

    def refused_metrics(self, account_id: str, place: str, *, at: datetime) -> dict[str, str]:
        """Graph name and reason of each metric that need not be asked for there; what died later does not count.

        `place` is where the metric catalogue says that it is asked: with the listing, of days, of a post, of a video.
        """
        fresh = _text(at - PROBED_EVERY)
        with self._file.transaction() as file:
            rows = file.execute(
                "select graph_name, reason from refusals "
                "where account_id = ? and place = ? and probed_at > ? and since <= ?",
                (account_id, place, fresh, _text(at)),
            ).fetchall()
        return dict(rows)

    def remember_refused(self, account_id: str, place: str, refused: dict[str, str], *, at: datetime) -> dict[str, str]:
        """Remember refused metrics, since when, and that they were probed now; those that are news."""
        with self._file.transaction() as file:
            found = "select graph_name from refusals where account_id = ? and place = ?"
            known = {name for (name,) in file.execute(found, (account_id, place))}
            file.executemany(
                "insert into refusals values (?, ?, ?, ?, ?, ?) on conflict (account_id, place, graph_name) "
                "do update set reason = excluded.reason, probed_at = excluded.probed_at",
                [(account_id, place, name, reason, _text(at), _text(at)) for name, reason in refused.items()],
            )
        return {name: reason for name, reason in refused.items() if name not in known}

    def forget_refused(self, account_id: str, place: str, served: Iterable[str]) -> None:
        """Forget that metrics were refused: they are served again."""
        with self._file.transaction() as file:
            file.executemany(
                "delete from refusals where account_id = ? and place = ? and graph_name = ?",
                [(account_id, place, name) for name in served],
            )

    def expands(self, account_id: str, *, at: datetime) -> bool:
        """Whether the listing of an account may be asked for insights; a refusal is asked again after a week."""
        return not self.refused_metrics(account_id, EXPANSION, at=at)

    def refusals(self) -> list[Refused]:
        """What Meta refuses of each account, and since when."""
        with self._file.transaction() as file:
            rows = file.execute(
                "select account_id, place, graph_name, reason, since from refusals "
                "order by account_id, since, graph_name"
            ).fetchall()
        return [Refused(one, place, name, why, _moment(since)) for one, place, name, why, since in rows]

    def note_gaps(self, account_id: str, gaps: Iterable[Gap]) -> list[Gap]:
        """Remember of which years Meta may not have listed all posts, in the place of what was known; what is news."""
        found = list(gaps)
        with self._file.transaction() as file:
            known = {year for (year,) in file.execute("select year from gaps where account_id = ?", (account_id,))}
            file.execute("delete from gaps where account_id = ?", (account_id,))
            file.executemany(
                "insert into gaps values (?, ?, ?, ?, ?)",
                [(account_id, one.year, one.listed, _text(one.listed_since), _text(one.seen_at)) for one in found],
            )
        return [one for one in found if one.year not in known]

    def gaps(self) -> list[Gap]:
        """Of which years of which accounts Meta may not have listed all posts."""
        with self._file.transaction() as file:
            rows = file.execute("select * from gaps order by account_id, year").fetchall()
        return [Gap(one, year, listed, _moment(first), _moment(seen)) for one, year, listed, first, seen in rows]

    def note_quota(self, quota: Quota) -> None:
        """Remember how much of the quota is used."""
        waits = _text(quota.not_before_at) if quota.not_before_at else None
        row = (quota.account_id, quota.used_pct, waits, _text(quota.seen_at))
        with self._file.transaction() as file:
            file.execute("insert or replace into quotas values (?, ?, ?, ?)", row)

    def quotas(self) -> list[Quota]:
        """What is known of each account's quota, the fullest first."""
        with self._file.transaction() as file:
            rows = file.execute("select * from quotas order by used_pct desc, account_id").fetchall()
        return [Quota(one, used, _moment(waits) if waits else None, _moment(seen)) for one, used, waits, seen in rows]

    def rests_until(self, account_id: str, *, at: datetime) -> datetime | None:
        """Until when an account, or the whole app, must not be asked; None when it may."""
        waits = [one.not_before_at for one in self.quotas() if one.account_id in (account_id, THE_APP)]
        waits.append(self.blocks(at=at).get(account_id))
        return max((one for one in waits if one and one > at), default=None)

    def note_block(self, account_id: str, *, until: datetime) -> None:
        """Remember that Meta has blocked an account, and until when nothing is asked of it."""
        with self._file.transaction() as file:
            file.execute("insert or replace into blocks values (?, ?)", (account_id, _text(until)))

    def blocks(self, *, at: datetime) -> dict[str, datetime]:
        """Which accounts Meta has blocked, and until when nothing is asked of them."""
        with self._file.transaction() as file:
            rows = file.execute("select account_id, until from blocks where until > ? order by 1", (_text(at),))
            return {account_id: _moment(until) for account_id, until in rows}

    def note_posts(self, posts: Iterable[SeenPost], *, at: datetime) -> None:
        """Remember that posts were read now."""
        rows = [(one.account_id, one.post_id, _text(one.published_at), one.product, _text(at)) for one in posts]
        with self._file.transaction() as file:
            file.executemany(
                "insert into posts values (?, ?, ?, ?, ?, null, 0) on conflict (account_id, post_id) "
                "do update set refreshed_at = excluded.refreshed_at, misses = 0",
                rows,
            )

    def note_apart(self, account_id: str, post_ids: Iterable[str], *, at: datetime) -> None:
        """Remember that the metrics which are asked apart were read now."""
        with self._file.transaction() as file:
            file.executemany(
                "update posts set apart_at = ? where account_id = ? and post_id = ?",
                [(_text(at), account_id, one) for one in post_ids],
            )

    def note_missing(self, account_id: str, post_ids: Iterable[str]) -> None:
        """Remember that posts were not there any more."""
        with self._file.transaction() as file:
            file.executemany(
                "update posts set misses = misses + 1 where account_id = ? and post_id = ?",
                [(account_id, one) for one in post_ids],
            )

    def known_posts(self, account_id: str | None = None) -> list[KnownPost]:
        """Every post that was listed (of one account), and when it was last read; not those missing several times."""
        with self._file.transaction() as file:
            rows = file.execute(
                "select account_id, post_id, published_at, refreshed_at from posts "
                "where misses < ? and account_id = coalesce(?, account_id)",
                (GONE_AFTER, account_id),
            ).fetchall()
        return [KnownPost(one, post, _moment(published), _moment(read)) for one, post, published, read in rows]

    def waiting_apart(self, account_id: str, *, at: datetime, most: int) -> list[SeenPost]:
        """Posts whose metrics apart were read longer ago than the post itself, or never; the newest first."""
        with self._file.transaction() as file:
            rows = file.execute(
                "select post_id, published_at, product from posts where account_id = ? and "
                "(apart_at is null or apart_at > ? or julianday(refreshed_at) - julianday(apart_at) >= 0.99) "
                "order by published_at desc limit ?",
                (account_id, _text(at), most),
            ).fetchall()
        return [SeenPost(account_id, post, _moment(published), product) for post, published, product in rows]

    def note_stories(self, stories: Iterable[SeenPost]) -> None:
        """Remember stories that an account shows now."""
        rows = [(one.account_id, one.post_id, _text(one.published_at)) for one in stories]
        with self._file.transaction() as file:
            file.executemany("insert or ignore into stories values (?, ?, ?)", rows)

    def stories(self, *, since: datetime) -> list[SeenPost]:
        """The stories that were published since a moment; older ones are forgotten."""
        with self._file.transaction() as file:
            file.execute("delete from stories where published_at < ?", (_text(since),))
            rows = file.execute("select account_id, story_id, published_at from stories order by 1, 2").fetchall()
        return [SeenPost(account_id, story, _moment(published), "STORY") for account_id, story, published in rows]

    def note_read(self, account_id: str, what: str, *, until: datetime) -> None:
        """Remember until when something of an account was read: its listing, its days."""
        with self._file.transaction() as file:
            file.execute("insert or replace into reads values (?, ?, ?)", (account_id, what, _text(until)))

    def read_until(self, what: str) -> dict[str, datetime]:
        """Until when that was read, by account."""
        with self._file.transaction() as file:
            rows = file.execute("select account_id, until from reads where what = ?", (what,)).fetchall()
        return {account_id: _moment(until) for account_id, until in rows}

    def alerts(self) -> dict[str, datetime]:
        """What is not well and was told, and when."""
        with self._file.transaction() as file:
            rows = file.execute("select what, told_at from alerts").fetchall()
        return {what: _moment(at) for what, at in rows}

    def note_alerts(self, told: Iterable[str], over: Iterable[str], *, at: datetime) -> None:
        """Remember what was told now, and forget what is over."""
        with self._file.transaction() as file:
            file.executemany("insert or replace into alerts values (?, ?)", [(what, _text(at)) for what in told])
            file.executemany("delete from alerts where what = ?", [(what,) for what in over])


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
