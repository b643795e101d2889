"""The rulebook: each rule by which the sandbox refuses or shapes an answer, as Meta does; what none allows is refused.

Its rows stand in `rulebook.csv`. `section` is that of the project's notes on the Graph API, `confidence` how sure they
are, `refusal` the one of `errors.py` that it is refused with (one of several; none where a rule only shapes answers),
`test` the test with plain HTTP that meets the rule. Where the sandbox knows less than Meta does stands in
DEVIATIONS.md.
"""

import csv
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of Meta, where it is written, how sure that is, how it refuses, and the test that meets it."""

    section: str
    confidence: str
    rule: str
    refusal: str
    test: str

    @property
    def refusals(self) -> tuple[str, ...]:
        """How it refuses: in one of these ways."""
        return tuple(filter(None, self.refusal.split("|")))


def _read() -> tuple[Rule, ...]:
    text = files(__package__).joinpath("rulebook.csv").read_text(encoding="utf-8")
    return tuple(Rule(**row) for row in csv.DictReader(text.splitlines()))


RULES = _read()
