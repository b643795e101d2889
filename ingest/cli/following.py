"""Commands around events: receive, events, follow, subscribe, unsubscribe."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from ingest.cli.console import AccountIds, app, out, progress, working
from ingest.domain.errors import CampaignReachError
from ingest.settings import load_settings

if TYPE_CHECKING:
    from ingest.adapters.queue.deliveries import DeliveryQueue
    from ingest.domain.events import Event

Ids = Annotated[list[str] | None, typer.Argument(help="Event ids, or how they begin; all that apply if none.")]
States = Literal["waiting", "done", "dead", "quarantined"]
State = Annotated[States | None, typer.Option("--state", help="Only the events in this state.")]
SHOWN_ID = 12


@app.command()
def receive(
    port: Annotated[int, typer.Option(help="Where to listen.")] = 8088,
    host: Annotated[str, typer.Option(help="On which address; a proxy that ends TLS stands before it.")] = "127.0.0.1",
) -> None:
    """Receive Meta's signed webhooks into the event queue, until Ctrl-C."""
    from ingest.steps.receive import serve_receiver

    serve_receiver(load_settings(), host=host, port=port)


@app.command()
def follow(
    publish: Annotated[bool, typer.Option(help="Load, build and publish what has landed, too.")] = True,
) -> None:
    """Read what the events in the queue ask for, land it, and let the marts follow."""
    from ingest.steps.follow import follow_and_publish, follow_events
    from ingest.steps.notice import notice_changes

    settings = load_settings()
    with working("Following events"):
        notice_changes(settings)
        followed = follow_events(settings)
        version = follow_and_publish(settings) if publish else None
    out.print(f"{followed.done} events done, {followed.posts} posts read, {len(followed.keys)} files landed")
    if version:
        out.print(f"version {version}")


@app.command()
def events(
    show: Annotated[str | None, typer.Option("--show", help="One event, with the delivery that brought it.")] = None,
    state: State = None,
    redrive: Annotated[
        bool,
        typer.Option("--redrive", help="Let what is dead wait again; named events out of quarantine, too."),
    ] = False,
    quarantine: Annotated[bool, typer.Option("--quarantine", help="Take events out of the way.")] = False,
    most: Annotated[int, typer.Option(help="How many to list.")] = 20,
    ids: Ids = None,
) -> None:
    """List the events of the queue and their state; show one, re-drive dead ones, quarantine."""
    from ingest.adapters.queue.open_queue import open_events, open_queue

    settings = load_settings()
    store, queue = open_events(settings), open_queue(settings)
    if show:
        _show(store.named([show]), queue)
    elif redrive:
        chosen = [event.event_id for event in store.named(ids)] if ids else []
        again = store.redrive(chosen)
        deliveries = 0 if ids else queue.redrive()
        out.print(f"{again} events and {deliveries} deliveries wait again: campaign-reach follow")
    elif quarantine:
        chosen = [event.event_id for event in store.named(ids or [])]
        out.print(f"{store.quarantine(chosen, reason='by hand')} events are in quarantine")
    else:
        _list(store.listed(state=state, most=most))
        counts = ", ".join(f"{count} {name}" for name, count in store.counts().items()) or "none"
        facts = queue.facts()
        out.print(
            f"events: {counts}\ndeliveries: {facts.waiting} waiting, {facts.leased} leased, {facts.done} done, "
            f"{facts.dead} dead, {facts.repeats} repeats"
        )


def _list(found: "list[Event]") -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("event", "received (UTC)", "kind", "verb", "account", "object", "state", "why"):
        table.add_column(name, overflow="fold")
    for one in found:
        received = f"{one.received_at:%Y-%m-%d %H:%M:%S}"
        cells = (one.kind, one.verb, one.account_id, one.object_id, one.state, one.reason)
        table.add_row(one.event_id[:SHOWN_ID], received, *cells)
    if found:
        out.print(table)


def _show(found: "list[Event]", queue: "DeliveryQueue") -> None:
    from ingest.adapters.queue.sqlite_queue import SqliteQueue

    for event in found:
        for name in event.__slots__:
            out.print(f"{name:<16} {getattr(event, name)}", highlight=False)
        known = queue.delivery_facts(event.delivery_sha256) if isinstance(queue, SqliteQueue) else None
        if known:
            state, received, repeats, attempts, size = known
            kept = f"{size} bytes kept" if size is not None else "its bytes are dropped"
            again = f"came {repeats} times again" if repeats else "came once"
            out.print(f"delivery         {state}, {received}, {again}, {attempts} attempts, {kept}", highlight=False)
    if not found:
        out.print("No event has an id that begins like this: campaign-reach events")


@app.command()
def subscribe(account: AccountIds = None) -> None:
    """Let Meta send webhooks about the Pages of the registry (and so of their Instagram accounts) to this app."""
    _each_page("Subscribing", account, subscribes=True)


@app.command()
def unsubscribe(account: AccountIds = None) -> None:
    """Stop Meta's webhooks about the Pages of the registry."""
    _each_page("Unsubscribing", account, subscribes=False)


def _each_page(what: str, account: AccountIds, *, subscribes: bool) -> None:
    from ingest.adapters.graph.subscriptions import subscribe_page, unsubscribe_page
    from ingest.adapters.registry import read_registry

    settings = load_settings()
    registry = read_registry(settings.campaigns_dir)
    pages = [one for one in registry.accounts if one.platform == "facebook" and one.source == "api"]
    chosen = [one.account_id for one in pages if not account or one.account_id in account]
    said, failed = [], 0
    with progress(what, len(chosen)) as done:
        for page in chosen:
            try:
                fields = subscribe_page(settings, page) if subscribes else unsubscribe_page(settings, page)
                said.append(f"{page}: {', '.join(fields) or 'no fields'}")
            except CampaignReachError as error:
                failed += 1
                said.append(f"{page}: {error}")
            done(page)
    for line in said:
        out.print(line, soft_wrap=True, highlight=False)
    if failed:
        raise typer.Exit(1)


@app.command()
def up(
    latency: Annotated[int, typer.Option(help="Milliseconds from a request to the sandbox's answer, at least.")] = 50,
    sqlite: Annotated[
        bool, typer.Option("--sqlite", help="Keep Airflow's metadata in SQLite, even with initdb.")
    ] = False,
    mess: Annotated[
        int | None,
        typer.Option(help="Let the sandbox send its webhooks twice, late and out of order, as this seed says."),
    ] = None,
) -> None:
    """Run the whole stack on this machine until Ctrl-C: Airflow, the receiver, and a sandbox if there is no token."""
    import signal
    import time
    from pathlib import Path

    from ingest.adapters.publication.open_publication import open_publication
    from ingest.stack import running_stack

    settings = load_settings()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it ends all of it
    home = Path("var/airflow-up")
    with running_stack(
        settings,
        home=home,
        say=out.print,
        uses_postgres=False if sqlite else None,
        latency_ms=latency,
        mess=mess,
    ) as stack:
        out.print(f"\nAirflow   {stack.airflow}, metadata in {stack.metadata}", highlight=False)
        out.print(f"          user admin, password {stack.password}", highlight=False, markup=False)
        out.print(f"Webhooks  {stack.receiver}", highlight=False)
        if stack.sandbox:
            page = next(iter(_pages()), "ACCOUNT")
            out.print(f"Sandbox   {stack.sandbox}", highlight=False)
            out.print("\nIn another terminal, let a post go up and watch the marts follow:", highlight=False)
            url = f"CAMPAIGN_REACH_GRAPH_URL={stack.sandbox}"
            out.print(f"  {url} .venv/bin/campaign-reach happen --post-up {page}", highlight=False, soft_wrap=True)
            out.print("  .venv/bin/campaign-reach status --watch", highlight=False)
        soon = "" if open_publication(settings).served() else "The first version is published within a minute. "
        out.print(f"\n{soon}Ctrl-C stops it all.")
        try:
            while not (dead := stack.dead()):
                time.sleep(1)
            out.print(f"[red]{', '.join(dead)} ended by itself; the logs are in {home / 'stack'}[/red]")
        except KeyboardInterrupt:
            out.print("Stopping …")


def _pages() -> list[str]:
    from ingest.adapters.registry import read_registry

    accounts = read_registry(load_settings().campaigns_dir).accounts
    return [one.account_id for one in accounts if one.platform == "facebook" and one.source == "api"]
