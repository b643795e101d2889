"""The command line beside a served world."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb

from ingest.settings import Settings, environment

COMMAND = Path(sys.executable).with_name("campaign-reach")


def variables(served: Settings) -> dict[str, str]:
    """The environment of a command that sees the places of these settings, and their clock."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_REACH_")}
    own = {name: value for name, value in environment(served).items() if name.startswith("CAMPAIGN_REACH_")}
    return plain | own | {"CAMPAIGN_REACH_NOW": served.clock().isoformat(), "COLUMNS": "200"}


def run(served: Settings, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """What a command says."""
    return subprocess.run(
        [str(COMMAND), *arguments], env=variables(served) | more, capture_output=True, text=True, check=False
    )


def ask(database: Path, query: str) -> list[tuple[object, ...]]:
    """What a database answers."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()
