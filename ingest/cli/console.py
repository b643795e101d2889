"""What all commands share: the application, the terminal, progress, and errors as one message."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
import typer.core
from rich.console import Console
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ingest.domain.errors import CampaignReachError
from ingest.settings import load_settings

ORDER = (
    *(
        "init",
        "check",
        "sandbox",
        "sandbox-export",
        "happen",
        "plan",
        "quota",
        "refresh",
        "template",
        "import",
        "quarantine",
    ),
    *("subscribe", "unsubscribe", "receive", "events", "follow"),
    *(
        "load",
        "build",
        "publish",
        "report",
        "explain",
        "verify",
        "backup",
        "rebuild",
        "erase",
        "expire",
        "status",
        "alert",
        "demo",
        "up",
        "settings",
    ),
)
"""The commands as help lists them: the order in which a newcomer meets them, which is the pipeline's."""


class InOrder(typer.core.TyperGroup):
    """A group whose help lists the commands in the pipeline's order, wherever they are written."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names in order; one that has no place comes last."""
        names: list[str] = super().list_commands(ctx)
        return sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


app = typer.Typer(
    cls=InOrder,
    name="campaign-reach",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="From Facebook and Instagram insights to numbers that can be published and proved.\n\n"
    "The verbs in the pipeline's order: [bold]plan, refresh, load, build, publish, report[/bold]. "
    "`campaign-reach demo` runs them all against a sandbox; settings are environment variables "
    "`CAMPAIGN_REACH_…` (docs/reference/settings.md).",
)
out = Console()
err = Console(stderr=True)

AccountIds = Annotated[
    list[str] | None, typer.Option("--account", help="Only this account id; may be given more than once.")
]


@app.callback()
def _start() -> None:
    from ingest.logs import configure_logs

    configure_logs(load_settings().logs_dir)


def show_entry(head: str, *details: str) -> None:
    """One thing of a list: a line that says which, and below it, indented, what there is to say of it.

    It is read on 80 columns, where a table of as many columns would break every word.
    """
    out.print(head, markup=False, highlight=False, soft_wrap=True)
    for detail in details:
        out.print(Padding(Text(detail, overflow="fold"), (0, 0, 0, 4)))


@contextmanager
def working(what: str) -> Iterator[None]:
    """A moving sign on a terminal while something works; nothing elsewhere."""
    if not out.is_terminal:
        yield
        return
    with out.status(f"{what} …"):
        yield


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[str], None]]:
    """A bar; call what it gives for each thing that is done, with its name."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out) as bars:
        bar = bars.add_task(what, total=total)
        yield lambda name: bars.update(bar, advance=1, description=f"{what} · {name}")


@contextmanager
def progress_of_bytes(what: str, total: int) -> Iterator[Callable[[str, int], None]]:
    """A bar for files of so many bytes in all; call what it gives with a file's name and the bytes that are done."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out, disable=not out.is_terminal) as bars:
        bar = bars.add_task(what, total=total)
        yield lambda name, size: bars.update(bar, advance=size, description=f"{what} · {name}")


def run(command: Callable[[], object]) -> int:
    """The exit status of a command; an error of ours becomes one message."""
    try:
        command()
    except CampaignReachError as error:
        err.print(f"[bold red]{title(error)}[/bold red]", highlight=False)
        err.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        err.print("Stopped.")
        return 130
    return 0


def title(error: CampaignReachError) -> str:
    """The class's name as words: `GateStopped` is "Gate stopped"."""
    name = type(error).__name__
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return words[0].upper() + words[1:]
