"""Every rule that refuses is met: its test does bring about the refusal that the rulebook names."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ingest.sandbox import errors
from ingest.sandbox.rulebook import RULES

REFUSALS = tuple(
    name for name, made in vars(errors).items() if inspect.isfunction(made) and made.__module__ == errors.__name__
)


@pytest.fixture(autouse=True)
def refusals_made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The refusals that the sandbox has made in this test; a test that a rule names must have met the rule's."""
    made: set[str] = set()
    for name in REFUSALS:
        monkeypatch.setattr(errors, name, noting(name, getattr(errors, name), made))
    yield made
    unmet = [rule.rule for rule in RULES if rule.test == request.function.__name__ and not meets(rule.refusals, made)]
    assert unmet == []


def noting(name: str, refuse: Callable[..., errors.GraphError], made: set[str]) -> Callable[..., errors.GraphError]:
    """The same refusal, which is noted when it is made."""

    def refused(*args: Any) -> errors.GraphError:
        made.add(name)
        return refuse(*args)

    return refused


def meets(refusals: tuple[str, ...], made: set[str]) -> bool:
    """Whether one of a rule's refusals was made; a rule that only shapes answers has none."""
    return not refusals or bool(made & set(refusals))
