"""The command line beside a served world."""

import os
import subprocess
import sys
from pathlib import Path

from ingest.settings import Settings, environment

COMMAND = Path(sys.executable).with_name("campaign-reach")


def run(served: Settings, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a command says that sees the places of these settings, and their clock."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_REACH_")}
    own = {name: value for name, value in environment(served).items() if name.startswith("CAMPAIGN_REACH_")}
    clock = {"CAMPAIGN_REACH_NOW": f"{served.clock().isoformat()}", "COLUMNS": "200"}
    return subprocess.run(
        [str(COMMAND), *arguments], env=plain | own | clock | variables, capture_output=True, text=True, check=False
    )
