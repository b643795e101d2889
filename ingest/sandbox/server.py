"""The sandbox as a running server on 127.0.0.1: in a thread for tests and the demo, or alone on the command line."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import uvicorn

from ingest.adapters.registry import Registry, read_registry
from ingest.sandbox.app import create_app
from ingest.sandbox.audience import POPULATIONS, audience_of
from ingest.sandbox.control import Control
from ingest.sandbox.fault_front import evil_host, faulty
from ingest.sandbox.graph import Graph
from ingest.sandbox.loopback import HOST, listening
from ingest.sandbox.outbox import Outbox
from ingest.sandbox.tokens import Tokens
from ingest.sandbox.webhooks import Sender
from ingest.sandbox.world import World, build_world

API_DATE = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: where it listens, and what a client needs to speak to it."""

    url: str
    world: World = field(repr=False)
    tokens: Tokens = field(repr=False)
    graph: Graph = field(repr=False)

    def environment(self) -> dict[str, str]:
        """The settings of a pipeline that is to read from here."""
        return {
            "CAMPAIGN_REACH_GRAPH_URL": self.url,
            "CAMPAIGN_REACH_APP_ID": self.tokens.app_id,
            "CAMPAIGN_REACH_APP_SECRETS": self.tokens.app_secret,
            "CAMPAIGN_REACH_ACCESS_TOKENS": self.tokens.system_user.value,
        }


@contextmanager
def running_sandbox(
    registry: Registry,
    *,
    api_date: date = API_DATE,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    port: int = 0,
    seed: str = "campaign-reach",
    callback: str = "",
    mess: int | None = None,
) -> Iterator[Sandbox]:
    """A sandbox that plays the registry's campaigns, until the context ends. Port 0 takes a free one.

    With a callback it has a door of its own, through which posts go up, and sends webhooks about them; with a mess (its
    seed) twice, late and out of order.

    Raises: PortTaken, RegistryInvalid.
    """
    world = build_world(registry, seed=seed)
    tokens = Tokens.of_pages(one.account_id for one in world.accounts.values() if one.has_page_token)
    audiences = {platform: audience_of(platform, seed=seed) for platform in POPULATIONS}
    graph = Graph(world, tokens, api_date, clock, audiences=audiences)
    control = Control(graph, Outbox(Sender(callback, tokens.app_secret), mess)) if callback else None
    with serving(graph, port=port, control=control) as url:
        yield Sandbox(url, world, tokens, graph)


@contextmanager
def serving(graph: Graph, *, port: int = 0, control: Control | None = None) -> Iterator[str]:
    """The address of a server that serves a graph, until the context ends.

    Raises: PortTaken.
    """
    with listening(port) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(graph, control), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=1)  # it is a daemon: whoever stops the sandbox does not wait for its clients


def serve_sandbox(
    campaigns: Path,
    *,
    port: int,
    api_date: date,
    now: datetime | None,
    say: Callable[[str], None],
    script: Sequence[Any] = (),
    callback: str = "",
    mess: int | None = None,
    latency_seconds: float = 0.0,
) -> None:
    """Serve until Ctrl-C, behind a front that spoils answers if a script says so; says how a pipeline reads from here.

    Raises: PortTaken, RegistryInvalid.
    """
    clock = (lambda: now) if now else (lambda: datetime.now(UTC))
    with ExitStack() as stack:
        own = 0 if script else port
        registry = read_registry(campaigns)
        one = stack.enter_context(
            running_sandbox(registry, api_date=api_date, clock=clock, port=own, callback=callback, mess=mess)
        )
        one.graph.latency_seconds = latency_seconds
        if script:
            evil, _ = stack.enter_context(evil_host())
            front = stack.enter_context(faulty(one.url, evil=evil, port=port))
            front.script = list(script)
            one = replace(one, url=front.url)
        accounts = [account for account in one.world.accounts.values() if account.source == "api"]
        posts = sum(len(one.world.published_by.get(account.account_id, ())) for account in accounts)
        say(f"Graph API v26.0 on {one.url}, {posts} posts on {len(accounts)} accounts.")
        say("In another terminal:")
        for name, value in one.environment().items():
            say(f"  export {name}={value}")
        say("  campaign-reach check && campaign-reach refresh")
        threading.Event().wait()
