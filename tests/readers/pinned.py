"""Programs of others, each set in a folder of its own, as one file of requirements/ pins it: installed once."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ingest.settings import PROJECT

CACHE = PROJECT / "var" / "readers"


def pinned_readers(name: str = "readers") -> Path:
    """The folder that holds what requirements/<name>.txt pins, for `sys.path`; its programs lie in `bin/`."""
    pins = PROJECT / "requirements" / f"{name}.txt"
    folder = CACHE / f"{name}-{sys.implementation.cache_tag}-{hashlib.sha256(pins.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=CACHE, prefix=".installing-"))
        _install(pins, fresh)
        try:
            fresh.rename(folder)
        except OSError:  # another test process was faster
            shutil.rmtree(fresh)
    return folder


def _install(pins: Path, folder: Path) -> None:
    pinned = ["--quiet", "--require-hashes", "--only-binary", ":all:", "--target", str(folder), "-r", str(pins)]
    subprocess.run([*_installer(), *pinned], check=True, timeout=170)


def _installer() -> list[str]:
    """How to install here: uv if there is one, else the pip that comes with Python, in a venv of its own."""
    uv = shutil.which("uv") or shutil.which("uv", path=str(PROJECT / "var" / "boot" / "bin"))
    if uv:
        return [uv, "pip", "install", "--python", sys.executable]
    boot = CACHE / "boot"
    if not (boot / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(boot)], check=True, timeout=120)
    return [str(boot / "bin" / "python"), "-m", "pip", "install"]
