"""`contract.yml`: what readers of the marts may rely on, as an Open Data Contract Standard 3.1 contract (bitol.io)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import yaml

from ingest.adapters.publication.publication import DATABASE
from ingest.domain.dictionary import ColumnText, TableText
from ingest.domain.marts import MARTS

CONTRACT_ID = "campaign-reach-marts"
CONTRACT_VERSION = "1.0.0"
"""Changes with the meaning of the marts (CHANGELOG.md), not with each publication."""
TYPES = {
    "VARCHAR": "string",
    "BIGINT": "integer",
    "INTEGER": "integer",
    "DOUBLE": "number",
    "DECIMAL": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}


@lru_cache(maxsize=1)
def contract(tables: tuple[TableText, ...]) -> bytes:
    """The YAML text, the same for the same columns and texts; a process writes it once."""
    facts = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": CONTRACT_ID,
        "name": "What the campaigns reached",
        "version": CONTRACT_VERSION,
        "status": "active",
        "domain": "campaign-reach",
        "description": {
            "purpose": "Views, reach and people reached of awareness campaigns, by phase, content type and platform.",
            "usage": "Open the DuckDB file read-only, or read one Parquet or CSV file per table.",
            "limitations": "Reach never adds: a column that sums it says duplicated. Null is unknown, 0 is zero.",
        },
        "servers": [
            {"server": "published", "type": "duckdb", "database": DATABASE, "schema": "marts"},
        ],
        "schema": [_table(table) for table in tables],
    }
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(facts, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120)
    return text.encode()


def _table(table: TableText) -> Mapping[str, Any]:
    fewest = next((mart.fewest_rows for mart in MARTS if mart.name == table.name), 0)
    rows = {"type": "library", "metric": "rowCount", "mustBeGreaterOrEqualTo": fewest, "severity": "error"}
    return {
        "name": table.name,
        "physicalName": table.name,
        "physicalType": "table",
        "logicalType": "object",
        "description": table.description,
        "properties": [_column(table, column) for column in table.columns],
        **({"quality": [rows]} if fewest else {}),
    }


def _column(table: TableText, column: ColumnText) -> Mapping[str, Any]:
    facts: dict[str, Any] = {
        "name": column.name,
        "logicalType": TYPES.get(column.data_type.partition("(")[0], "string"),
        "physicalType": column.data_type,
        "description": column.description,
        "required": column.is_required,
    }
    if column.name in table.key:
        facts |= {"primaryKey": True, "primaryKeyPosition": table.key.index(column.name) + 1}
    if column.is_number:
        facts["customProperties"] = [
            {"property": "unit", "value": column.unit},
            {"property": "adds", "value": column.adds},
        ]
    return facts
