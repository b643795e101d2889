"""Commands that write files: template, to be filled in; sandbox-export, what owners of played accounts would send."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.markup import escape
from rich.table import Table

from ingest.cli.console import app, out
from ingest.domain.errors import ArgumentInvalid
from ingest.settings import load_settings

if TYPE_CHECKING:
    from ingest.adapters.registry import Registry
    from ingest.domain.scenario import Product
    from ingest.sandbox.exports.sheets import ExportFile
    from ingest.sandbox.world import World

Into = Annotated[Path, typer.Option(help="The folder to write into; it is made if it is not there.")]


@app.command()
def template(
    kind: Annotated[str, typer.Argument(help="survey, respondents or activities.")],
    campaign: Annotated[
        list[str] | None, typer.Option("--campaign", help="For this campaign only; may be given more than once.")
    ] = None,
    into: Annotated[Path | None, typer.Option(help="The file to write; if not said, <kind>.xlsx here.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a workbook to be filled in and imported: a survey, its respondents, or a list of activities.

    [bold]survey[/bold]: one row per indicator, wave and group, with a count or a share. [bold]respondents[/bold]: one
    row per person; only the shares of groups are ever kept. [bold]activities[/bold]: what took place, and how many
    people took part, by sex and age group. A second sheet explains each column; cells offer the ids that the campaign
    files know. Filled in: `campaign-reach import --dry-run FILE`.
    """
    from ingest.adapters.exports.templates import Template, template_bytes
    from ingest.adapters.registry import read_registry

    kinds = get_args(Template)
    if kind not in kinds:
        raise ArgumentInvalid(f"There is no template {kind!r}; there is: {', '.join(kinds)}.")
    campaigns = {one.campaign_id: one for one in read_registry(load_settings().campaigns_dir).campaigns}
    unknown = [one for one in campaign or () if one not in campaigns]
    if unknown:
        raise ArgumentInvalid(f"No campaign file is named {', '.join(unknown)}; there is: {', '.join(campaigns)}.")
    path = into or Path(f"{kind}.xlsx")
    if path.exists() and not force:
        raise ArgumentInvalid(f"{path} is there already; perhaps it is filled in. Choose another name with --into.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(template_bytes(kind, [campaigns[one] for one in campaign or campaigns]))  # type: ignore[arg-type]
    out.print(f"{path}\nFill in its first sheet; then: campaign-reach import --dry-run {path}", soft_wrap=True)


@app.command("sandbox-export")
def sandbox_export(
    account: Annotated[str, typer.Option(help="The account whose owner takes the export.")] = "",
    product: Annotated[str, typer.Option(help="The tool; if not said, today's tool of the account's platform.")] = "",
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day on which it is taken, at its end (UTC).")
    ] = None,
    language: Annotated[str, typer.Option(help="The language of the tool: headers, dates, words.")] = "en",
    everything: Annotated[bool, typer.Option("--all", help="All files that the campaigns' scenarios send.")] = False,
    into: Into = Path("var/sandbox-exports"),
) -> None:
    """Write files as the owners of the played accounts would send them: posts, videos, a survey, a list.

    They have the quirks of the real tools: Pacific times, a byte-order mark, quoted thousands, a total row, a row
    without a post, soft hyphens in German headers. Made-up numbers: the same as those of `campaign-reach sandbox`.

    Without an account it lists what there is. Then: `campaign-reach import --dry-run FILE`.
    """
    from ingest.adapters.registry import read_registry
    from ingest.sandbox.world import build_world

    registry = read_registry(load_settings().campaigns_dir)
    world = build_world(registry)
    if everything:
        _write(into, _scenario_files(registry, world))
    elif account:
        _write(into, [("", _taken(world, account, product, at=at, language=language))])
    else:
        _list_tools(registry, world)


def _taken(world: "World", account_id: str, product: str, *, at: datetime | None, language: str) -> "ExportFile":
    from ingest.sandbox.exports.products import LANGUAGES, take

    if account_id not in world.accounts:
        raise ArgumentInvalid(f"The sandbox plays no account {account_id}; `campaign-reach sandbox-export` lists them.")
    tools = _tools_of(world.accounts[account_id].platform)
    chosen = next((tool for tool in tools if product in (tool, "")), None)
    if chosen is None:
        raise ArgumentInvalid(f"{product} is no tool for account {account_id}; there is: {', '.join(tools)}.")
    known = LANGUAGES.get(chosen, ("en",))
    if language not in known:
        raise ArgumentInvalid(f"{chosen} is written in {', '.join(known)}, not in {language!r}.")
    day = at.date() if at else date(2026, 11, 21)
    moment = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)
    return take(world, account_id, chosen, at=moment, language=language)


def _tools_of(platform: str) -> "list[Product]":
    """The tools of a platform, today's first."""
    from ingest.domain.campaigns import PLATFORM_OF
    from ingest.domain.scenario import Product

    tools: list[Product] = [tool for tool in get_args(Product) if PLATFORM_OF[tool] == platform]
    return tools


def _scenario_files(registry: "Registry", world: "World") -> "list[tuple[str, ExportFile]]":
    from ingest.sandbox.exports.products import sent_files

    return [(f"{one.sent_at:%Y-%m-%d} ", one.write()) for one in sent_files(registry, world)]


def _write(into: Path, files: "list[tuple[str, ExportFile]]") -> None:
    into.mkdir(parents=True, exist_ok=True)
    for before, file in files:
        path = into / f"{before}{file.name}"
        path.write_bytes(file.content)
        out.print(f"{path}  {len(file.content):,} bytes", soft_wrap=True, highlight=False)


def _list_tools(registry: "Registry", world: "World") -> None:
    from ingest.sandbox.exports.products import LANGUAGES, sent_files

    table = Table(box=None, pad_edge=False)
    for name in ("account", "tools (languages)", "sent on"):
        table.add_column(name, overflow="fold")
    sent = sent_files(registry, world)
    for account in world.accounts.values():
        tools = (f"{tool} ({','.join(LANGUAGES.get(tool, ('en',)))})" for tool in _tools_of(account.platform))
        days = (f"{one.sent_at:%Y-%m-%d}" for one in sent if one.account_id == account.account_id)
        whose = f"{account.account_id}\n[dim]{escape(account.account_name)}[/dim]"
        table.add_row(whose, "\n".join(tools), ", ".join(days) or "–")
    for one in sent:
        if one.account_id is None:
            table.add_row(f"–\n[dim]{one.campaign_id}[/dim]", one.what, f"{one.sent_at:%Y-%m-%d}")
    out.print(table)
