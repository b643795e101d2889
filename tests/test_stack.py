"""The programs of the stack: what is killed leaves nothing behind."""

import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from ingest.stack import RECOVERS
from ingest.stack_programs import groups_beside, kill_all
from tests.events.crashing import wait_until

PARENT = """
import os, time
child = os.fork()
if not child:
    os.setpgid(0, 0)
    time.sleep(60)
print(child, flush=True)
time.sleep(60)
"""


def test_a_task_in_a_process_group_of_its_own_is_killed_with_its_scheduler() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        wait_until(lambda: groups_beside(parent.pid) == {child}, seconds=10)
        kill_all(parent)
        assert parent.wait() == -signal.SIGKILL
    wait_until(lambda: not _lives(child), seconds=10)


def _lives(pid: int) -> bool:
    """Whether it runs: one that is dead and that nobody has asked about yet does not."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("name", RECOVERS)
def test_airflow_has_each_setting_that_makes_it_miss_a_killed_task_and_is_slower_without(name: str) -> None:
    """Airflow leaves out, without a word, a setting that it does not know."""
    (folder,) = find_spec("airflow").submodule_search_locations  # type: ignore[union-attr, misc]
    known = yaml.safe_load((Path(folder) / "config_templates" / "config.yml").read_text(encoding="utf-8"))
    section, option = name.removeprefix("AIRFLOW__").lower().split("__")
    assert float(known[section]["options"][option]["default"]) > float(RECOVERS[name])
