"""The command line: the same steps as the DAGs, by hand, with progress and messages that say what to do."""

import sys
from typing import TextIO, cast

from ingest.cli import exporting, following, importing, proving, publishing, reading, reporting, setup, watching
from ingest.cli.console import app, run
from ingest.cli.pipes import LeavableOutput

__all__ = [
    "app",
    "exporting",
    "following",
    "importing",
    "main",
    "proving",
    "publishing",
    "reading",
    "reporting",
    "setup",
    "watching",
]


def main() -> None:
    """Run the command line; errors of ours become one message and status 1. Who reads its output may stop to."""
    sys.stdout = cast("TextIO", LeavableOutput(sys.stdout))
    sys.exit(run(app))
