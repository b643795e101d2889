"""The dictionary of a prepared version: columns and types of its own file, the texts and units of dbt's manifest.

Because the columns come from the file, what is written from it names what is there; the texts come from one place.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.adapters.publication.candidate import columns_of
from ingest.domain.dictionary import ColumnText, TableText
from ingest.domain.marts import MARTS, key_of

UNITS = "doc.campaign_reach.units"
ROW = re.compile(r"^\| (\w+) \| (.+?) \| (.+?) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ColumnMeaning:
    """What dbt's manifest says of a column."""

    description: str
    data_type: str
    unit: str
    adds: str


@dataclass(frozen=True, slots=True)
class DbtTexts:
    """What dbt's manifest says of the marts: a text by table, and of each column by table and column."""

    tables: Mapping[str, str]
    columns: Mapping[tuple[str, str], ColumnMeaning]


def read_texts(manifest: Path) -> DbtTexts:
    """The texts of the marts in dbt's manifest, with the units of models/units.md."""
    facts = json.loads(manifest.read_bytes())
    units = {doc: (unit, adds) for doc, unit, adds in ROW.findall(facts["docs"][UNITS]["block_contents"])}
    marts = [node for node in facts["nodes"].values() if _is_mart(node)]
    return DbtTexts(
        {mart["name"]: mart["description"] for mart in marts},
        {(mart["name"], name): _meaning(column, units) for mart in marts for name, column in mart["columns"].items()},
    )


def dictionary_of(database: Path, texts: DbtTexts) -> tuple[TableText, ...]:
    """Every table of a prepared version, in the order in which they are listed for readers."""
    order = {mart.name: position for position, mart in enumerate(MARTS)}
    found: dict[str, list[ColumnText]] = {}
    for table, name, data_type, is_nullable in columns_of(database):
        meaning = texts.columns.get((table, name), ColumnMeaning("", "", "", ""))
        column = ColumnText(name, data_type, not is_nullable, meaning.description, meaning.unit, meaning.adds)
        found.setdefault(table, []).append(column)
    return tuple(
        TableText(table, texts.tables.get(table, ""), key_of(table), tuple(columns))
        for table, columns in sorted(found.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))
    )


def _is_mart(node: Mapping[str, Any]) -> bool:
    return (node["resource_type"], node["schema"]) == ("model", "marts")


def _meaning(column: Mapping[str, Any], units: Mapping[str, tuple[str, str]]) -> ColumnMeaning:
    doc = (column.get("doc_blocks") or [""])[0].rpartition(".")[2]
    unit, adds = units.get(doc, ("", ""))
    return ColumnMeaning(" ".join(column["description"].split()), column["data_type"] or "", unit, adds)
