"""Two pages that go with every version and load nothing: the data dictionary, and what the gates said."""

from collections.abc import Iterable, Sequence
from html import escape

from ingest.adapters.publication.manifest import Manifest
from ingest.domain.dictionary import ColumnText, TableText
from ingest.domain.gates import GateResult, Verdict

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 "Noto Sans", "DejaVu Sans", sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 2rem; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #8886; }
td { overflow-wrap: anywhere; }
th { white-space: nowrap; }
code { font-family: "DejaVu Sans Mono", monospace; }
.wide { overflow-x: auto; }
.stop { border-left: .3rem solid #b3261e; padding-left: .6rem; }
.warn { border-left: .3rem solid #9a6700; padding-left: .6rem; }
.pass { border-left: .3rem solid #1a7f37; padding-left: .6rem; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def dictionary_page(tables: Sequence[TableText], version: str) -> bytes:
    """Every mart and every column: type, unit, whether it adds, and what it means."""
    links = ", ".join(f'<a href="#{escape(table.name)}">{escape(table.name)}</a>' for table in tables)
    intro = (
        "<p>Ids are text. Columns that end in <code>_at</code> are UTC, those that end in <code>_on</code> are days in "
        "the campaign's time zone. Null is unknown, 0 is zero. <b>Reach never adds</b>: a person reached by three "
        "posts is one person; a column that sums reach says <i>duplicated</i>.</p>"
    )
    return _page("Data dictionary", version, intro + f"<p>{links}</p>" + "".join(map(_table, tables)))


def gate_page(verdicts: Sequence[Verdict], manifest: Manifest) -> bytes:
    """Every rule of every gate: what had to hold, what was found, and what to do; what stopped comes first."""
    parts = []
    for verdict in verdicts:
        said = "passed" if verdict.passed else "stopped"
        parts.append(
            f"<h2>{escape(verdict.gate)}: {said}</h2>"
            f"<p>{verdict.evaluated} of {verdict.declared} rules were evaluated, "
            f"{len(verdict.stopped_by)} stop, {len(verdict.warnings)} warn.</p>"
        )
        rows = sorted(verdict.results, key=lambda result: (not result.stops, result.passed, result.rule))
        head = ("rule", "what must hold", "found", "what to do if it does not")
        parts.append(_rows(head, (_rule(result) for result in rows)))
    facts = f"<p>Content hash <code>{escape(manifest.content_hash)}</code>, code {escape(manifest.code_revision)}.</p>"
    return _page("What the gates said", manifest.version, facts + "".join(parts))


def _table(table: TableText) -> str:
    key = ", ".join(f"<code>{escape(name)}</code>" for name in table.key) or "none"
    head = ("column", "type", "unit", "adds", "meaning")
    return (
        f'<h2 id="{escape(table.name)}"><code>{escape(table.name)}</code></h2>'
        f"<p>{escape(table.description)} Key: {key}.</p>" + _rows(head, (_column(column) for column in table.columns))
    )


def _column(column: ColumnText) -> tuple[str, ...]:
    kind = column.data_type.lower() + ("" if column.is_required else ", may be null")
    return (f"<code>{escape(column.name)}</code>", *map(escape, (kind, column.unit, column.adds, column.description)))


def _rule(result: GateResult) -> tuple[str, ...]:
    state = "stop" if result.stops else "pass" if result.passed else "warn"
    word = {"stop": "stops", "pass": "holds", "warn": "warns"}[state]
    name = f'<div class="{state}"><code>{escape(result.rule)}</code><br>{word}</div>'
    return (name, *map(escape, (result.description, result.observed, result.what_to_do)))


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f'<div class="wide"><table><thead><tr>{titles}</tr></thead>\n<tbody>{body}</tbody></table></div>'


def _page(title: str, version: str, content: str) -> bytes:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>\n'
        f"<body><h1>{escape(title)}</h1><p>Version <code>{escape(version)}</code></p>\n{content}</body></html>\n"
    ).encode()
