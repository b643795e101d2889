"""Which code this is: the version, and the commit when the project runs from a checkout."""

import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

SECONDS = 10


def code_revision(project: Path) -> str:
    """Version and commit, e.g. `0.1.0+1f0c2d3e4a5b`; `.changed` follows when files differ from the commit.

    Outside a checkout, or without git, the version alone. Never fails.
    """
    commit = _commit(project)
    return f"{_version()}+{commit}" if commit else _version()


def _version() -> str:
    try:
        return version("campaign-reach")
    except PackageNotFoundError:
        return "unknown"


def _commit(project: Path) -> str | None:
    git = shutil.which("git")
    if git is None or not (project / ".git").exists():
        return None
    asked = [git, "-C", str(project), "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=.changed"]
    try:
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=SECONDS, check=True)  # noqa: S603 - a fixed command
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
