"""Pages seen in Chromium: opened by a small node program, which measures them; its packages come from the lock."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.settings import PROJECT

SOURCE = PROJECT / "tests" / "system" / "browser"
INSTALLED = PROJECT / "var" / "browser"
WIDTHS = (360, 1400)
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Browser:
    """Chromium, driven by node."""

    node: str
    npm: str
    chromium: str

    def look(
        self,
        pages: Sequence[Path],
        plan: Path,
        *,
        widths: Sequence[int] = WIDTHS,
        themes: Sequence[str] = THEMES,
        axe: bool = False,
        shots: Path | None = None,
        crop: int | None = None,
        media: str = "screen",
    ) -> list[dict[str, Any]]:
        """What was measured on each page at each width and theme; `crop` is the height that a shot shows."""
        self._install()
        wanted = {"pages": [str(page) for page in pages], "widths": widths, "themes": themes, "axe": axe}
        wanted |= {"crop": crop, "media": media, "shots": str(shots) if shots else None}
        plan.write_text(json.dumps(wanted), encoding="utf-8")
        ran = subprocess.run(
            [self.node, "look.mjs", self.chromium, str(plan)],
            cwd=INSTALLED,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr[-3000:]
        return [json.loads(line) for line in ran.stdout.splitlines()]

    def _install(self) -> None:
        INSTALLED.mkdir(parents=True, exist_ok=True)
        for file in SOURCE.iterdir():
            shutil.copy(file, INSTALLED)
        if not (INSTALLED / "node_modules" / "axe-core").exists():
            install = [self.npm, "ci", "--no-audit", "--no-fund"]
            subprocess.run(install, cwd=INSTALLED, check=True, capture_output=True)
