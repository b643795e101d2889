"""What a gate found: one result per rule, and the verdict that lets a publication pass or stops it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["critical", "warning"]

SCREEN = 8
"""As many failed rules as fit one screen; the manifest has all of them."""


@dataclass(frozen=True, slots=True)
class GateResult:
    """What one rule found. `passed` without `evaluated` does not exist: what was not looked at did not pass."""

    rule: str
    frame: str
    severity: Severity
    passed: bool
    evaluated: bool
    observed: str
    expected: str
    description: str = ""
    what_to_do: str = ""

    @property
    def stops(self) -> bool:
        """Whether this result alone stops: a critical rule failed, or any rule could not be evaluated."""
        return not self.evaluated or (self.severity == "critical" and not self.passed)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate found altogether: passed only when every declared rule was evaluated and no critical one failed."""

    gate: str
    declared: int
    results: tuple[GateResult, ...]

    @property
    def evaluated(self) -> int:
        """The number of rules that looked at something."""
        return sum(result.evaluated for result in self.results)

    @property
    def passed(self) -> bool:
        """Whether the candidate may go on: fails closed, so a gate without rules stops."""
        complete = 0 < self.declared == len(self.results) == self.evaluated
        return complete and not self.stopped_by

    @property
    def stopped_by(self) -> tuple[GateResult, ...]:
        """The results that stop."""
        return tuple(result for result in self.results if result.stops)

    @property
    def warnings(self) -> tuple[GateResult, ...]:
        """The results that a person should see and that stop nothing."""
        return tuple(result for result in self.results if not result.passed and not result.stops)

    def as_json(self) -> dict[str, Any]:
        """The verdict as the manifest keeps it."""
        facts = {"gate": self.gate, "passed": self.passed, "declared": self.declared, "evaluated": self.evaluated}
        return facts | {"results": [asdict(result) for result in self.results]}

    def in_one_screen(self) -> str:
        """Which rules stopped, what they found and what to do, short enough for one screen."""
        count = f"{len(self.stopped_by)} of {self.declared} rules stop it, {len(self.warnings)} warn"
        lines = [f"Gate {self.gate}: {count}."]
        if len(self.results) < self.declared or not self.declared:
            lines.append(f"  Only {self.evaluated} of {self.declared} rules were evaluated: the gate fails closed.")
        for result in self.stopped_by[:SCREEN]:
            lines += _paragraph(result)
        if len(self.stopped_by) > SCREEN:
            lines.append(f"  … and {len(self.stopped_by) - SCREEN} more.")
        return "\n".join(lines)


def _paragraph(result: GateResult) -> Iterable[str]:
    yield f"  ✗ {result.rule}: {result.description}"
    yield f"      found    {result.observed}"
    yield f"      must be  {result.expected}"
    yield f"      do       {result.what_to_do}"
