"""The tree that `explain` prints: from the number down to the landed lines."""

from collections.abc import Iterable
from itertools import groupby

from rich.markup import escape
from rich.tree import Tree

from ingest.domain.explanation import Explanation, Fact, FileFacts, Leaf, LineFacts, PostBranch, shown

SHOWN_LINES = 6


def explanation_tree(found: Explanation, *, most_posts: int) -> Tree:
    """The explanation as a tree; of each group the posts that give most, all when `most_posts` is 0."""
    where = ", ".join(f"{name} {value}" for name, value in found.dimensions.items())
    title = f"[bold]{found.campaign_id}[/] {where} · [bold]{found.metric} = {shown(found.published)}[/]"
    tree = Tree(title.replace("  ", " "), guide_style="dim")
    _verdict(tree, found)
    places = {file.file: number for number, file in enumerate(found.files, start=1)}
    posts = tree.add(escape(f"{_posts(len(found.posts))}: {found.how}" if found.posts else found.how))
    for (platform, content_type), group in groupby(found.posts, lambda post: (post.platform, post.content_type)):
        _group(posts, f"{platform} {content_type}", list(group), places, most_posts)
    _facts(tree, found.facts, places)
    rules = found.rules
    said = f": {' '.join(rules.hashtags)}" if rules.hashtags else ""
    where = f", landed in \\[{places[rules.file]}] line {rules.line_no}" if rules.file in places else ""
    by = "attributed by the rules" if found.posts else "by the campaign file"
    tree.add(f"{by} of registry {(rules.registry_hash or 'none')[:12]}{where}{escape(said)}")
    _landing(tree, found.files, places)
    return tree


def _verdict(tree: Tree, found: Explanation) -> None:
    version = found.publication
    gates = ", ".join(f"{gate} {verdict}" for gate, verdict in version["gates"].items())
    cell = f"marts.{found.table}" if found.table else "no cell of one mart: the sum of its posts as published"
    tree.add(f"published in version {version['version']}, content hash {version['content_hash'][:12]}, {gates}; {cell}")
    if found.agrees and not found.is_added:
        tree.add("not added: [dim]it is no sum, or nothing was read of it[/]")
    elif found.agrees:
        true = f"{len(found.files)} landed files opened, as they were when they were loaded"
        tree.add(f"[green]added again from landing: {shown(found.landed)}, the same[/] ({true})")
    else:
        wrong = tree.add(f"[bold red]added again from landing: {shown(found.landed)}; it does not hold[/]")
        for difference in found.differences:
            wrong.add(f"[red]{escape(difference)}[/]")
    for note in found.notes:
        tree.add(escape(note))


def _group(tree: Tree, name: str, posts: list[PostBranch], places: dict[str, int], most: int) -> None:
    whole = sum(post.published or 0 for post in posts)
    branch = tree.add(f"{name}: {_posts(len(posts))}, {whole:,}")
    ranked = sorted(posts, key=lambda post: (-(post.published or 0), post.post_id))
    for post in ranked[: most or None]:
        _post(branch, post, places)
    if most and len(ranked) > most:
        rest = sum(post.published or 0 for post in ranked[most:])
        branch.add(f"[dim]{_posts(len(ranked) - most)} more, {rest:,}: --posts 0 shows them all[/]")


def _post(tree: Tree, post: PostBranch, places: dict[str, int]) -> None:
    value = shown(post.published) if post.published is not None else _why(post.leaves)
    whose = f"{post.account_name} ({post.ownership})"
    branch = tree.add(
        f"{value}  post {post.post_id} of {escape(whose)}, {post.published_on}, phase {post.phase_id} "
        f"by {post.attribution_rule}  [dim]{escape(post.permalink or '')}[/]"
    )
    for leaf in post.leaves:
        branch.add(_leaf(leaf, places))


def _why(leaves: Iterable[Leaf]) -> str:
    return next((leaf.status for leaf in leaves if leaf.published is None), "nothing")


def _leaf(leaf: Leaf, places: dict[str, int]) -> str:
    value = shown(leaf.published) if leaf.published is not None else leaf.status
    if leaf.file is None:
        return f"{leaf.part} {value}" + (f"  [red]{leaf.problem}[/]" if leaf.problem else "")
    said = "" if leaf.agrees else f"  [red]{leaf.problem or 'the landed line says ' + shown(leaf.landed)}[/]"
    return (
        f"{leaf.part} {value}, definition {leaf.definition} ({leaf.graph_name}), fetched {leaf.fetched_at}, "
        f"landed in \\[{places.get(leaf.file, '?')}] line {leaf.line_no}{said}"
    )


def _facts(tree: Tree, facts: tuple[Fact, ...], places: dict[str, int]) -> None:
    """What campaign file, survey or list state, each with its place."""
    for fact in facts:
        where = f", landed in [{places[fact.file]}] line {fact.line_no}" if fact.file in places else ""
        stated = f", stated in {fact.campaign_file}" if fact.campaign_file else ""
        path = f" ({fact.path})" if fact.path else ""
        wrong = "" if fact.agrees else f"  [red]{escape(fact.problem or 'landed is ' + shown(fact.landed))}[/]"
        tree.add(escape(f"{fact.name} {shown(fact.published)}{where}{path}{stated}") + wrong)


def _landing(tree: Tree, files: tuple[FileFacts, ...], places: dict[str, int]) -> None:
    branch = tree.add(f"landing: {len(files)} files")
    for file in files:
        color = "" if file.is_true else "[red]"
        entry = branch.add(f"{color}\\[{places[file.file]}] {escape(file.file)}")
        entry.add(f"SHA-256 {file.sha256 or file.problem}")
        for line in file.lines[:SHOWN_LINES]:
            entry.add(_line(line))
        if len(file.lines) > SHOWN_LINES:
            entry.add(f"[dim]{len(file.lines) - SHOWN_LINES} more lines: --json has them[/]")


def _line(line: LineFacts) -> str:
    asked = line.request
    params = " ".join(f"{name}={value}" for name, value in asked.get("params", {}).items())
    version = f"Graph {line.graph_version}, HTTP {line.http_status}, " if line.graph_version else ""
    return escape(
        f"line {line.line_no}: {line.source} {asked.get('edge')} of {asked.get('object_id')} {params}".rstrip()
        + f", {version}fetched {line.fetched_at}, body SHA-256 {line.body_sha256[:12]}"
        + ("" if line.is_true else ", which it is not")
    )


def _posts(count: int) -> str:
    return f"{count:,} post{'s' * (count != 1)}"
