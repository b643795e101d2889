"""An erasure that dies by SIGKILL just before one of its changes to the disk, with nothing of ours replaced.

Python tells an audit hook of every file that is renamed, removed, linked or opened for writing; the stack says in which
stage that is: a function that `erase` calls, or `rebuild` below it. The child is forked from a process that has loaded
everything and done nothing, so that it begins at once.
"""

import multiprocessing
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from ingest.settings import Settings, load_settings

CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.link", "os.mkdir", "os.truncate", "sqlite3.connect"}
STAGED = {("erase.py", "erase"), ("rebuild.py", "rebuild")}
LOADED = ["tests.steps.dying", "ingest.steps.erase", "ingest.steps.report", "dbt.cli.main", "great_expectations"]
LONGEST_SECONDS = 120


def erase_and_die(settings: Settings, object_id: str, *, stage: str, change: int, heard: Path) -> int | None:
    """The exit status of an erasure that dies before that change of that stage.

    Each change is written to `heard` as a line, the name of its stage.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    facts = settings.model_dump()
    child = context.Process(target=_erase, args=(facts, object_id, stage, change, str(heard)), daemon=True)
    child.start()
    child.join(LONGEST_SECONDS)
    child.kill()
    return child.exitcode


def _erase(facts: dict[str, Any], object_id: str, stage: str, change: int, heard: str) -> None:
    from ingest.steps.erase import erase

    sys.addaudithook(_Hook(stage, change, heard))
    erase(load_settings(**facts), object_id)


class _Hook:
    """Counts the changes of each stage, and kills the process before one of them."""

    def __init__(self, stage: str, change: int, heard: str) -> None:
        self.stage, self.change = stage, change
        self.heard = os.open(heard, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.is_hearing = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_hearing or not (event in CHANGES or (event == "open" and _writes(arguments))):
            return
        self.is_hearing = True
        stage = stage_of(sys._getframe(1))
        if stage:
            os.write(self.heard, f"{stage}\n".encode())
        if stage == self.stage:
            self.change -= 1
            if self.change == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        self.is_hearing = False


def _writes(arguments: tuple[Any, ...]) -> bool:
    _, mode, flags = arguments
    return bool(set(mode or "") & set("wax+")) or bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR))


def stage_of(frame: FrameType | None) -> str:
    """The functions of erase and rebuild that a change happens below, outermost first; nothing when of neither."""
    names: list[str] = []
    inner = ""
    while frame and (caller := frame.f_back):
        name = frame.f_code.co_name
        if (Path(caller.f_code.co_filename).name, caller.f_code.co_name) in STAGED:
            names.append(inner if name == "<genexpr>" else name)
        frame, inner = caller, name
    return ".".join(reversed(names))
