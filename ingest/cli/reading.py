"""Commands that read from Meta: plan, quota, refresh, quarantine."""

import json
import shlex
import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ingest.cli.console import AccountIds, app, err, out, progress, show_entry, title
from ingest.domain.errors import ArgumentInvalid
from ingest.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.domain.refresh import AccountState, KnownPost

SHOWN = 200
"""So much of the quarantine is listed: a large export can have more rows in it than anybody reads."""
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line, for machines.")]
All = Annotated[bool, typer.Option("--all", help="Read every account to the end of its listing, whatever is due.")]


@app.command()
def plan(
    account: AccountIds = None,
    posts: Annotated[bool, typer.Option("--posts", help="Each known post, and why it is in the plan or not.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what the next refresh reads, why, and how many calls that may cost."""
    from ingest.steps.plan import account_states, explain_posts, plan_refresh

    settings = load_settings()
    _require_known(account, account_states(settings))
    if posts:
        found = ((post, why) for post, why in explain_posts(settings) if not account or post.account_id in account)
        _print_posts(found, as_json=as_json)
        return
    rows = [row for row in plan_refresh(settings) if not account or row["account_id"] in account]
    if as_json:
        for row in rows:
            sys.stdout.write(json.dumps(row) + "\n")
        return
    for row in rows:
        show_entry(*_planned(row))
    if not rows:
        out.print("Nothing is due. `campaign-reach plan --posts` says when each post is.")
    _say_what_comes_by_file(settings)


def _planned(row: dict[str, Any]) -> tuple[str, str]:
    """A row of the plan for people: what is read and for how many calls; and why."""
    head = f"{row['platform']:<9} {row['account_id']:<17}"
    if row["not_before_at"]:
        return f"{head} rests until {_minute(row['not_before_at'])} UTC", row["reason"]
    apart = f", {len(row['post_ids'])} posts apart" if row["post_ids"] else ""
    back = f"back to {_minute(row['since_at'])}" if row["since_at"] else "to its end"
    return f"{head} {row['est_calls']:>3} calls, listing {back}{apart}", row["reason"]


def _minute(text: str) -> str:
    """A moment as people write it, without its seconds."""
    return text[:16].replace("T", " ")


def _say_what_comes_by_file(settings: Settings) -> None:
    """The accounts that no plan reads: their numbers come as files."""
    from ingest.adapters.registry import read_registry

    by_file = [one for one in read_registry(settings.campaigns_dir).accounts if one.source == "export"]
    if by_file:
        named = ", ".join(f"{one.account_id} ({one.account_name})" for one in by_file)
        out.print(f"Not read by the API, `source: export`: {named}. Next: campaign-reach import", soft_wrap=True)


def _print_posts(posts: "Iterable[tuple[KnownPost, str]]", *, as_json: bool) -> None:
    is_any = False
    for post, why in posts:
        is_any = True
        if as_json:
            times = {"published_at": post.published_at.isoformat(), "refreshed_at": post.refreshed_at.isoformat()}
            facts = {"account_id": post.account_id, "post_id": post.post_id, **times, "why": why}
            sys.stdout.write(json.dumps(facts) + "\n")
            continue
        published, read = (f"{moment:%Y-%m-%d %H:%M}" for moment in (post.published_at, post.refreshed_at))
        show_entry(f"{post.post_id:<36} of {published}, read {read}", why)
    if not is_any and not as_json:
        out.print("No post is known yet: campaign-reach refresh")


@app.command()
def quota() -> None:
    """Say how much of its quota each account has used, and which one rests until when."""
    from ingest.adapters.state import ClientState

    configured = load_settings()
    table = _table("account", "used", "rests until", "seen")
    now = configured.clock()
    for one in ClientState(configured.state_path).quotas():
        rests = one.not_before_at and one.not_before_at > now
        until = f"[yellow]{one.not_before_at:%Y-%m-%d %H:%M} UTC[/]" if rests else "–"
        table.add_row(one.account_id, f"{one.used_pct} %", until, f"{one.seen_at:%Y-%m-%d %H:%M} UTC")
    out.print(table if table.row_count else "No account has been read yet: campaign-reach refresh")


@app.command()
def refresh(account: AccountIds = None, everything: All = False) -> None:
    """Land the registry if it changed, then read every account that is due from the Graph API and land the answers."""
    from ingest.steps.land_registry import land_registry
    from ingest.steps.plan import account_states, plan_refresh

    settings = load_settings()
    land_registry(settings)
    _require_known(account, account_states(settings))
    planned = plan_refresh(settings, everything=everything)
    rows = [row for row in planned if not account or row["account_id"] in account]
    if not rows:
        out.print("Nothing is due. `campaign-reach plan --posts` says when; `refresh --all` reads everything now.")
        return
    resting = [row["account_id"] for row in rows if row["not_before_at"]]
    rows = [row for row in rows if not row["not_before_at"]]
    failures = _read(settings, rows) if rows else {}
    failed = sum(map(len, failures.values()))
    out.print(f"{len(rows) - failed} of {len(rows)} accounts read into {settings.landing_uri}")
    if resting:
        out.print(f"Resting, until when `campaign-reach plan` says: {', '.join(resting)}", soft_wrap=True)
    for problem, accounts in failures.items():
        err.print(f"{', '.join(sorted(accounts))}\n  {problem}", markup=False, highlight=False, soft_wrap=True)
    if failures:
        raise typer.Exit(1)


def _require_known(account_ids: "list[str] | None", known: "Iterable[AccountState]") -> None:
    """Refuse ids that no account of the registry has which is read by the API."""
    unknown = sorted(set(account_ids or ()) - {one.account_id for one in known})
    if unknown:
        raise ArgumentInvalid(
            f"No account that is read by the API has the id {', '.join(unknown)}. `campaign-reach check` counts them; "
            f"they stand in the campaign files, in {load_settings().campaigns_dir}."
        )


def _read(settings: Settings, rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Read accounts side by side; the accounts that failed, by what went wrong."""
    from ingest.steps.refresh import refresh_side_by_side

    failures: dict[str, list[str]] = {}
    with progress("Reading accounts", len(rows)) as done:
        for row, problem in refresh_side_by_side(settings, rows):
            if problem:
                failures.setdefault(f"{title(problem)}: {problem}", []).append(str(row["account_id"]))
            done(f"{row['platform']} {row['account_id']}")
    return failures


@app.command()
def quarantine(
    retry: Annotated[bool, typer.Option("--retry", help="After a fix: judge again what is waiting.")] = False,
) -> None:
    """List what could not be used, with the reason; with --retry bring in what can be used now.

    A retry judges what has landed by the campaign files and the posts of today. Was a file read by a wrong mapping,
    account or order of dates? Then `campaign-reach import --again FILE`, which takes the place of the first reading.
    """
    from ingest.steps.quarantine import answers_waiting, objects_waiting, retry_quarantine

    settings = load_settings()
    if retry:
        result = retry_quarantine(settings)
        out.print(f"{result.brought_in} brought in, {result.waiting} still waiting")
        for file in result.need_their_file:
            out.print(
                f"{file.rows} of {file.file_name}: it holds people, so it did not land. Mend the campaign file, then "
                f"campaign-reach import --again {shlex.quote(file.file_name)}; or mend the file, then campaign-reach "
                f"import --instead-of {file.landing_file} FILE",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        return
    answers, objects = answers_waiting(settings), objects_waiting(settings)
    for one in (*answers, *objects)[:SHOWN]:
        show_entry(" ".join(filter(None, (one.what, one.object_id, "from", one.source))), one.reason, one.place)
    if more := max(0, len(answers) + len(objects) - SHOWN):
        out.print(f"and {more:,} more: marts.rpt_quarantine has them all", highlight=False)
    if not answers and not objects:
        out.print("Nothing is in quarantine.")
    for reason, count in Counter(one.reason for one in (*answers, *objects)).most_common():
        out.print(f"{count} × {reason}", highlight=False)


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table
