"""`datapackage.json`: the CSV files of a version as a Frictionless data package (datapackage.org, version 2.0)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ingest.adapters.publication.exports import TIMESTAMP_FORMAT, csv_path
from ingest.adapters.publication.manifest import Manifest, PublishedFile
from ingest.domain.dictionary import ColumnText, TableText

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
TYPES = {
    "VARCHAR": "string",
    "BIGINT": "integer",
    "INTEGER": "integer",
    "DOUBLE": "number",
    "DECIMAL": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "datetime",
}


def datapackage(tables: Sequence[TableText], manifest: Manifest) -> bytes:
    """The JSON text; bytes and hashes are those of the version's files."""
    files = {file.path: file for file in manifest.files}
    package = {
        "$schema": PROFILE,
        "name": "campaign-reach",
        "id": f"campaign-reach/{manifest.version}",
        "title": "What the campaigns reached",
        "description": "The published marts as CSV: UTF-8 with a byte-order mark, ids quoted, times UTC. A text that a "
        "spreadsheet would take for a formula begins with an apostrophe.",
        "version": manifest.version,
        "created": manifest.built_at,
        "resources": [_resource(table, files[csv_path(table.name)]) for table in tables],
    }
    return (json.dumps(package, ensure_ascii=False, indent=1) + "\n").encode()


def _resource(table: TableText, file: PublishedFile) -> Mapping[str, Any]:
    return {
        "name": table.name,
        "path": file.path,
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8-sig",
        "description": table.description,
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
        "dialect": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": {
            "fields": [_field(column) for column in table.columns],
            **({"primaryKey": list(table.key)} if table.key else {}),
            "missingValues": [""],
        },
    }


def _field(column: ColumnText) -> Mapping[str, Any]:
    kind = TYPES.get(column.data_type.partition("(")[0], "any")
    field: dict[str, Any] = {"name": column.name, "type": kind, "description": column.description}
    if kind == "datetime":
        field["format"] = TIMESTAMP_FORMAT
    if column.is_number:
        field |= {"unit": column.unit, "adds": column.adds}
    return field | ({"constraints": {"required": True}} if column.is_required else {})
