"""Mappings: a small YAML beside a table of any kind that says what its columns are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.domain.errors import ImportRefused


def mapping_beside(path: Path) -> Path | None:
    """The mapping that lies beside a file: `table.csv.yml` or `table.yml`; None when there is none."""
    candidates = (path.with_name(f"{path.name}.yml"), path.with_suffix(".yml"))
    return next((one for one in candidates if one != path and one.is_file()), None)


def read_mapping(path: Path) -> Mapping[str, Any]:
    """What a mapping says.

    Raises: ImportRefused when it cannot be read.
    """
    raise ImportRefused(f"{path} cannot be read: mappings are not supported yet")
