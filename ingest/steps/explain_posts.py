"""Explain what comes from posts: a published number as the tree of its posts, added again from the landed lines.

It starts at the served publication and asks the warehouse only where each number landed. The numbers themselves are
taken out of the landed bodies by code that shares nothing with the SQL of the marts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

from ingest.adapters import lineage
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.publication import served_cells
from ingest.adapters.publication.manifest import Manifest
from ingest.adapters.publication.open_publication import open_publication
from ingest.adapters.publication.publication import DATABASE
from ingest.adapters.publication.served_cells import CellPost
from ingest.adapters.warehouse_file import opened
from ingest.domain import cells, people
from ingest.domain.cells import DAYS, Cell, Measure
from ingest.domain.errors import NothingYet
from ingest.domain.explanation import Explanation, Leaf, PostBranch, Rules, Value
from ingest.domain.people import AccountPeople
from ingest.settings import Settings
from ingest.steps.trace import (
    Landed,
    Number,
    day_number,
    locate,
    number_on_day,
    published_number,
    read_landed,
    take_out,
)

PEOPLE = ("at_most", "estimate", "plausible", "why_no_upper", "why_no_estimate")
"""The measures that need more than the posts: what the accounts' own windows say."""
SETS = ("agg_campaign_reach", "agg_campaign_platform_reach", "agg_phase_reach", "agg_phase_platform_reach")


@dataclass(frozen=True, slots=True)
class _Published:
    """What the served version says of a cell."""

    manifest: Manifest
    posts: list[CellPost]
    numbers: list[Number]
    value: Value
    has_cell: bool
    audience: tuple[int | None, bool]


def explain_posts(settings: Settings, cell: Cell, *, on: date | None = None) -> Explanation:
    """The explanation of a cell of the served publication; as it stood on a day, if one is given.

    Raises: SettingsInvalid for what there is not, WarehouseBusy, WarehouseBroken, StorageFailed.
    """
    measure = cells.measure_of(cell.metric)
    published = _published(settings, cell, measure)
    if on:
        published = replace(published, has_cell=False, posts=[one for one in published.posts if one.published_on <= on])
    posts = {post.post_id: post.platform for post in published.posts}
    with opened(settings.warehouse_path) as warehouse:
        numbers = locate(warehouse, _numbers(warehouse, cell, measure, published, on), posts)
        accounts = lineage.people_of(warehouse, cell) if cell.table in SETS else []
        rules = lineage.rules_at(warehouse, cell.campaign_id, published.manifest.registry_hash)
    wanted = [one.at for one in numbers if one.at] + ([rules] if rules else [])
    read = read_landed(open_landing(settings), wanted)
    branches = _branches(published.posts, measure, [take_out(one, read) for one in numbers])
    return _explanation(cell, measure, published, branches, accounts, read, rules)


def _numbers(
    warehouse: lineage.Connection, cell: Cell, measure: Measure, published: _Published, on: date | None
) -> list[Number]:
    """The numbers that the measure is made of: the newest as published, or those of a day."""
    posts = [post.post_id for post in published.posts]
    if measure.parts == DAYS:
        return [day_number(end) for end in lineage.day_ends(warehouse, cell.campaign_id, posts)]
    if on:
        return [number_on_day(one) for one in lineage.numbers_on(warehouse, on, posts, measure.all_parts)]
    return published.numbers


@contextmanager
def served(settings: Settings) -> Iterator[tuple[Manifest, served_cells.Connection]]:
    """The manifest of the served version, and a reading connection to its DuckDB file."""
    publication = open_publication(settings)
    manifest = publication.served()
    if manifest is None:
        raise NothingYet("Nothing is published yet, so there is nothing to explain: campaign-reach publish")
    with served_cells.served_marts(publication.local_copy(manifest, DATABASE)) as marts:
        yield manifest, marts


def _published(settings: Settings, cell: Cell, measure: Measure) -> _Published:
    parts = () if measure.parts == DAYS else measure.all_parts
    with served(settings) as (manifest, marts):
        served_cells.require_known(marts, cell)
        posts = served_cells.posts_of(marts, cell)
        numbers = served_cells.numbers_of(marts, [post.post_id for post in posts], parts)
        has_cell = cell.table is not None and served_cells.has_cell(marts, cell)
        value = served_cells.cell_value(marts, cell) if has_cell else None
        audience = served_cells.audience_of(marts, cell.campaign_id)
    return _Published(manifest, posts, [published_number(one) for one in numbers], value, has_cell, audience)


def _branches(posts: list[CellPost], measure: Measure, numbers: list[Number]) -> list[PostBranch]:
    leaves: dict[str, list[Leaf]] = {}
    for number in numbers:
        leaves.setdefault(number.post_id, []).append(number.leaf)
    return [_branch(post, measure, leaves.get(post.post_id, [])) for post in posts]


def _branch(post: CellPost, measure: Measure, leaves: list[Leaf]) -> PostBranch:
    parts = (*measure.all_parts,)
    return PostBranch(
        post_id=post.post_id,
        platform=post.platform,
        account_id=post.account_id,
        account_name=post.account_name,
        ownership=post.ownership,
        phase_id=post.phase_id,
        content_type=post.content_type,
        published_on=f"{post.published_on}",
        attribution_rule=post.attribution_rule,
        permalink=post.permalink,
        published=cells.of_post(measure, {leaf.part: leaf.published for leaf in leaves}),
        landed=cells.of_post(measure, {leaf.part: leaf.landed for leaf in leaves}),
        leaves=tuple(sorted(leaves, key=lambda leaf: parts.index(leaf.part))),
    )


def _explanation(
    cell: Cell,
    measure: Measure,
    published: _Published,
    branches: list[PostBranch],
    accounts: list[AccountPeople],
    read: Landed,
    rules: lineage.LandedAt | None,
) -> Explanation:
    numbers = [[(leaf, leaf.published) for leaf in branch.leaves] for branch in branches]
    again = [[(leaf, leaf.landed) for leaf in branch.leaves] for branch in branches]
    added, landed = (_together(cell, measure, branches, each, accounts, published) for each in (numbers, again))
    return Explanation(
        publication=publication_of(published.manifest),
        campaign_id=cell.campaign_id,
        metric=cell.metric,
        dimensions=cell.dimensions,
        table=cell.table if published.has_cell else None,
        how=measure.how,
        published=published.value if published.has_cell else added,
        added=added,
        landed=landed,
        posts=tuple(branches),
        files=tuple(read.files.values()),
        rules=rules_of(published.manifest, rules, read),
        notes=(*_notes(measure, accounts, published), *read.rewritten),
    )


def _together(
    cell: Cell,
    measure: Measure,
    branches: list[PostBranch],
    numbers: list[list[tuple[Leaf, int | None]]],
    accounts: list[AccountPeople],
    published: _Published,
) -> Value:
    """The posts' numbers brought together as the measure says."""
    values = [{leaf.part: value for leaf, value in each} for each in numbers]
    if measure.kind == "mixes":
        counted = zip(branches, numbers, strict=True)
        return cells.mixes(
            (branch.platform, leaf.metric, leaf.definition)
            for branch, each in counted
            for leaf, value in each
            if value is not None
        )
    if measure.kind not in PEOPLE:
        return cells.added(measure, values, contents=[post.content_id for post in published.posts])
    return _people(cell, measure, branches, values, accounts, published.audience)


def _people(
    cell: Cell,
    measure: Measure,
    branches: list[PostBranch],
    values: list[dict[str, int | None]],
    known_accounts: list[AccountPeople],
    audience: people.Audience,
) -> Value:
    """What the reaches of the accounts' posts say of people, or why they do not say it."""
    known = {(one.platform, one.account_id): one for one in known_accounts}
    accounts: dict[AccountPeople, list[int | None]] = {}
    for branch, value in zip(branches, values, strict=True):
        key = (branch.platform, branch.account_id)
        accounts.setdefault(known.get(key, AccountPeople(*key, None, None)), []).append(value.get("reach"))
    largest = max((one or 0 for each in accounts.values() for one in each), default=0)
    if not known and audience[0] is not None and largest > audience[0]:
        audience = (audience[0], False)  # a post that reached more people proves the ceiling wrong
    is_of_one_platform = "platform" in cell.dimensions
    if measure.kind == "why_no_estimate":
        return people.why_no_estimate(accounts, audience)
    if measure.kind == "why_no_upper":
        return people.why_no_upper(accounts, audience, is_of_one_platform=is_of_one_platform)
    upper = people.at_most(accounts, audience, is_of_one_platform=is_of_one_platform)
    if measure.kind == "at_most":
        return upper
    found = people.estimate(accounts, audience)
    if measure.kind == "plausible":
        found = people.plausible(cell.metric, found, largest, upper)
    return None if found is None else round(found)


def publication_of(manifest: Manifest) -> dict[str, object]:
    """What an explanation says of the version that it explains."""
    return {
        "version": manifest.version,
        "content_hash": manifest.content_hash,
        "built_at": manifest.built_at,
        "code_revision": manifest.code_revision,
        "registry_hash": manifest.registry_hash,
        "source_watermark": manifest.source_watermark,
        "gates": {str(gate["gate"]): "passed" if gate["passed"] else "stopped" for gate in manifest.gates},
    }


def rules_of(manifest: Manifest, at: lineage.LandedAt | None, read: Landed) -> Rules:
    """The landed campaign file of a version, with the campaign's hashtags."""
    if at is None or (line := read.lines.get((at.file, at.line_no))) is None:
        return Rules(manifest.registry_hash, at.file if at else None, at.line_no if at else None)
    return Rules(manifest.registry_hash, at.file, at.line_no, tuple(line.body.get("hashtags") or ()))


def _notes(measure: Measure, accounts: list[AccountPeople], published: _Published) -> list[str]:
    if measure.kind not in PEOPLE:
        return []
    size, is_ceiling = published.audience
    notes = [f"the campaign's audience is {size:,} and caps it"] if size and is_ceiling else []
    for one in accounts:
        if one.covered is not None:
            notes.append(f"account {one.account_id}: its own windows hold {one.covered:,.0f} people (of the warehouse)")
        if measure.kind in ("estimate", "plausible") and one.q is not None:
            notes.append(f"account {one.account_id}: its windows calibrate q = {one.q:.4f} (of the warehouse)")
    return notes
