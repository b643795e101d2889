"""Audit: the bill of materials of this release, and what is known against the versions that are pinned.

`make audit` runs it with the programs of requirements/audit.txt, apart from the project's own packages.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ingest.settings import PROJECT

LOCK = PROJECT / "requirements" / "runtime.txt"
NOT_REACHED = ("ConnectionError", "Failed to connect", "Max retries exceeded", "ConnectTimeout", "ReadTimeout")
"""How pip-audit ends when nobody answers it."""
MOST_SHOWN = 400


@dataclass(frozen=True, slots=True)
class Advice:
    """What the advisories say of the lock: how many packages were asked for, what is known, what nobody could say.

    `problem` says why nothing is known at all.
    """

    asked: int = 0
    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    problem: str = ""
    is_away: bool = False

    @property
    def status(self) -> int:
        """1 when something is known, or the audit itself broke; 0 when nothing is, or nobody could be asked."""
        return int(bool(self.known) or (bool(self.problem) and not self.is_away))

    @property
    def said(self) -> str:
        """The verdict in a few lines."""
        if self.problem:
            return f"advisories: {'NOT ASKED' if self.is_away else 'FAILED'}: {self.problem}"
        lines = [f"advisories: {self.asked} pinned packages asked for, {len(self.known)} known vulnerabilities"]
        lines += [f"  {one}" for one in self.known]
        lines += [f"  not asked for, the index does not know them: {', '.join(self.unknown)}"] if self.unknown else []
        return "\n".join(lines)


def write_sbom(programs: Path, into: Path) -> Path:
    """A CycloneDX 1.6 file of this release: every pinned package with its version and SHA-256; valid by its schema."""
    with (PROJECT / "pyproject.toml").open("rb") as file:
        release = tomllib.load(file)["project"]["version"]
    into.mkdir(parents=True, exist_ok=True)
    path = into / f"campaign-reach-{release}.cdx.json"
    options = [
        "--mc-type",
        "application",
        "--spec-version",
        "1.6",
        "--output-format",
        "JSON",
        "--output-reproducible",
        "--validate",
    ]
    about = ["--pyproject", str(PROJECT / "pyproject.toml"), *options, "--output-file", str(path), str(LOCK)]
    subprocess.run([programs / "cyclonedx-py", "requirements", *about], check=True, stderr=subprocess.DEVNULL)  # noqa: S603
    return path


def ask_advisories(programs: Path) -> Advice:
    """What PyPI's advisories say of the lock."""
    options = [
        "--disable-pip",
        "--require-hashes",
        "--format",
        "json",
        "--progress-spinner",
        "off",
        "--timeout",
        "15",
        "--requirement",
    ]
    ran = subprocess.run(  # noqa: S603
        [programs / "pip-audit", *options, LOCK], check=False, capture_output=True, text=True
    )
    return judged(ran.stdout, ran.stderr)


def judged(answer: str, errors: str) -> Advice:
    """What pip-audit has found. An index that knows none of the packages, as a mirror does, has not been asked."""
    if not answer.strip():
        problem = (errors.strip().splitlines() or ["pip-audit said nothing"])[-1][-MOST_SHOWN:]
        return Advice(problem=problem, is_away=any(sign in errors for sign in NOT_REACHED))
    packages = json.loads(answer)["dependencies"]
    unknown = tuple(one["name"] for one in packages if "skip_reason" in one)
    asked = len(packages) - len(unknown)
    if not asked:
        return Advice(problem=f"no advisory service answers here, for none of {len(packages)} packages", is_away=True)
    known = tuple(
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for one in packages
        for flaw in one.get("vulns", ())
    )
    return Advice(asked, known, unknown)


def main() -> int:
    """Write the bill of materials, ask the advisories, say both; the status says whether something is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", type=Path, help="the folder of pip-audit and cyclonedx-py")
    parser.add_argument("--into", type=Path, default=PROJECT / "dist", help="where the bill of materials is written")
    chosen = parser.parse_args()
    sys.stdout.write(f"bill of materials: {write_sbom(chosen.programs, chosen.into)}\n")
    advice = ask_advisories(chosen.programs)
    sys.stdout.write(f"{advice.said}\n")
    return advice.status


if __name__ == "__main__":
    sys.exit(main())
