"""The demo as a person runs it, in a folder of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

COMMAND = Path(sys.executable).with_name("campaign-reach")


def start_demo(folder: Path) -> subprocess.Popen[str]:
    """The command, started; it hears Ctrl-C even where a shell has started these tests in the background, deaf."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # what is ignored here is ignored in children too
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_REACH_")}
    return subprocess.Popen(
        [str(COMMAND), "demo"],
        cwd=folder,
        env=environment | {"COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run_demo(folder: Path) -> str:
    """What it prints."""
    process = start_demo(folder)
    output, problems = process.communicate(timeout=170)
    assert process.returncode == 0, output[-3000:] + problems[-3000:]
    return output
