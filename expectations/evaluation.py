"""Great Expectations, asked as seldom as it can be: it costs 9 ms for each expectation and each validation.

Rules that ask the same of the values of different columns (of whichever frame) become one expectation on one column, in
which those columns stand one below the other; all columns that a gate looks at lie in one frame, padded with nulls,
which Great Expectations leaves out. A rule's answer is its own part of what came back.
"""

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from ingest.domain.gates import Severity

COLUMNS = ("column", "column_A", "column_B")
OF_VALUES = ("ExpectColumnValuesToBeBetween", "ExpectColumnValuesToBeInSet", "ExpectColumnValuesToNotBeInSet")
"""Expectations that look at each value by itself, and name the places of those that are unexpected."""
OF_TABLE = "ExpectTable"


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation on one frame, with what it says in a sentence and what to do when it fails."""

    name: str
    frame: str
    description: str
    what_to_do: str
    expectation: str
    arguments: Mapping[str, Any]
    severity: Severity = "critical"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the frame that the rule looks at."""
        named = (self.arguments.get(key) for key in ("column", "column_A", "column_B"))
        return tuple(column for column in named if column)

    @property
    def expected(self) -> str:
        """What must hold, as text."""
        limits = {key: value for key, value in self.arguments.items() if not key.startswith("column")}
        return f"{' and '.join(self.columns) or 'table'}: {self.expectation} {limits or ''}".strip()


@dataclass(frozen=True, slots=True)
class Suite:
    """A gate as data: audit queries by frame name, and the rules over them."""

    name: str
    queries: Mapping[str, str]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What an audit query answered, or the error instead."""

    columns: tuple[str, ...] = ()
    rows: Sequence[tuple[Any, ...]] = field(default_factory=list)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What Great Expectations said of one rule: the places of unexpected rows, how many, what is missing in a set."""

    success: bool = False
    unexpected_at: Sequence[int] = ()
    unexpected: int = 0
    missing: Sequence[object] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """Rules that ask the same of their columns, and where each one's column begins in the common one."""

    rules: tuple[Rule, ...]
    values: tuple[object, ...]
    begins: tuple[int, ...]


def answers_of(rules: Sequence[Rule], frames: Mapping[str, Frame]) -> dict[str, Answer]:
    """The answer to each rule by its name; every rule can be evaluated on its frame, so far as the frame says."""
    stacks = _stacks((rule for rule in rules if rule.expectation in OF_VALUES), frames)
    answers: dict[str, Answer] = {}
    for stack, raised, places in _evaluated(stacks):
        if raised and len(stack.rules) > 1:  # one odd column must not speak for the others
            alone = _evaluated([one for rule in stack.rules for one in _stacks([rule], frames)])
        else:
            alone = [(stack, raised, places)]
        for one, problem, found in alone:
            answers |= _taken_apart(one, problem, found, frames)
    others = [rule for rule in rules if rule.expectation not in OF_VALUES]
    for name in dict.fromkeys(rule.frame for rule in others if rule.expectation.startswith(OF_TABLE)):
        of_table = [rule for rule in others if rule.frame == name and rule.expectation.startswith(OF_TABLE)]
        answers |= _asked(of_table, frames[name])
    of_columns = [rule for rule in others if not rule.expectation.startswith(OF_TABLE)]
    return answers | _asked([_prefixed(rule) for rule in of_columns], _side_by_side(of_columns, frames))


def _stacks(rules: Iterable[Rule], frames: Mapping[str, Frame]) -> list[Stack]:
    """The rules by what they ask, with their columns one below the other."""
    alike: dict[str, list[Rule]] = {}
    for rule in rules:
        asked = {key: value for key, value in rule.arguments.items() if key != "column"}
        alike.setdefault(json.dumps([rule.expectation, asked], default=str), []).append(rule)
    stacks = []
    for group in alike.values():
        values: list[object] = []
        begins = []
        for rule in group:
            begins.append(len(values))
            values += values_of(frames[rule.frame], str(rule.arguments["column"]))
        stacks.append(Stack(tuple(group), tuple(values), tuple(begins)))
    return stacks


def _evaluated(stacks: Sequence[Stack]) -> list[tuple[Stack, str | None, list[int]]]:
    """Each stack with what went wrong, and the places of unexpected values in its column."""
    columns = {str(number): stack.values for number, stack in enumerate(stacks)}
    asked = [(one.rules[0].expectation, {**one.rules[0].arguments, "column": str(n)}) for n, one in enumerate(stacks)]
    results, problem = _validated(columns, asked, "COMPLETE")
    if problem:
        return [(stack, problem, []) for stack in stacks]
    found = []
    for stack, result in zip(stacks, results, strict=True):
        places = list(dict(result.result).get("unexpected_index_list") or ())
        is_silent = not result.success and not places
        wrong = "Great Expectations failed: it does not say where" if is_silent else None
        found.append((stack, raised(result) or wrong, places))
    return found


def _taken_apart(
    stack: Stack, problem: str | None, places: Sequence[int], frames: Mapping[str, Frame]
) -> dict[str, Answer]:
    """The answer to each rule of a stack."""
    found = {}
    for rule, begin in zip(stack.rules, stack.begins, strict=True):
        end = begin + len(frames[rule.frame].rows)
        own = [place - begin for place in places if begin <= place < end]
        found[rule.name] = Answer(not own, own, len(own), problem=problem)
    return found


def _asked(rules: Sequence[Rule], frame: Frame) -> dict[str, Answer]:
    """The answers to rules on one frame, each asked by itself."""
    columns = {column: values_of(frame, column) for column in frame.columns}
    results, problem = _validated(columns, [(rule.expectation, rule.arguments) for rule in rules], "SUMMARY")
    if problem:
        return {rule.name: Answer(problem=problem) for rule in rules}
    return {rule.name: _answer(result) for rule, result in zip(rules, results, strict=True)}


def _answer(result: Any) -> Answer:
    found = dict(result.result)
    places = found.get("partial_unexpected_index_list") or ()
    missing = found.get("partial_missing_list") or ()
    return Answer(bool(result.success), places, int(found.get("unexpected_count", 0)), missing, raised(result))


def _side_by_side(rules: Sequence[Rule], frames: Mapping[str, Frame]) -> Frame:
    """The columns that rules look at as one frame, padded; a column's name begins with its frame's."""
    columns = {
        f"{rule.frame}.{column}": values_of(frames[rule.frame], column) for rule in rules for column in rule.columns
    }
    longest = max(map(len, columns.values()), default=0)
    padded = [[*values, *[None] * (longest - len(values))] for values in columns.values()]
    return Frame(tuple(columns), list(zip(*padded, strict=True)))


def _prefixed(rule: Rule) -> Rule:
    """The rule as it reads on frames side by side."""
    columns = {key: f"{rule.frame}.{value}" if key in COLUMNS else value for key, value in rule.arguments.items()}
    return replace(rule, arguments=columns)


def values_of(frame: Frame, column: str) -> list[Any]:
    """The values of a column."""
    at = frame.columns.index(column)
    return [row[at] for row in frame.rows]


def _validated(
    columns: Mapping[str, Sequence[object]], asked: Sequence[tuple[str, Mapping[str, Any]]], detail: str
) -> tuple[list[Any], str | None]:
    """What Great Expectations answers to each of the expectations, in their order; or what went wrong with all."""
    if not asked:
        return [], None
    try:
        batches = _batches()
        import great_expectations as gx
        import pandas as pd

        # dtype=object: an int column with a null would become float and lose digits above 2**53
        longest = max(map(len, columns.values()), default=0)
        padded = {name: [*values, *[None] * (longest - len(values))] for name, values in columns.items()}
        table = pd.DataFrame(padded, dtype=object)
        made = [
            getattr(gx.expectations, kind)(**arguments, meta={"place": place})
            for place, (kind, arguments) in enumerate(asked)
        ]
        suite = gx.ExpectationSuite(name="gate", expectations=made)
        batch = batches.get_batch(batch_parameters={"dataframe": table})
        results = {
            one.expectation_config.meta["place"]: one for one in batch.validate(suite, result_format=detail).results
        }
        return [results[place] for place in range(len(asked))], None
    except Exception as error:
        return [], f"Great Expectations failed: {type(error).__name__}: {error}"


def raised(result: Any) -> str | None:
    """The message of a raised exception: Great Expectations gives one mapping, or one per metric."""
    info: Mapping[str, Any] = result.exception_info
    for part in (info, *(value for value in info.values() if isinstance(value, Mapping))):
        if part.get("raised_exception"):
            return f"Great Expectations failed: {str(part.get('exception_message')).splitlines()[0]}"
    return None


@lru_cache(maxsize=1)
def _batches() -> Any:
    """Great Expectations' batch definition for frames, made once: no files, no progress bars, no messages home."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="module .sre_", category=DeprecationWarning)
        import great_expectations as gx
        from great_expectations.data_context.types import base

    config = base.DataContextConfig(
        store_backend_defaults=base.InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=base.ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    return (
        context.data_sources.add_pandas("audit")
        .add_dataframe_asset("frame")
        .add_batch_definition_whole_dataframe("all")
    )
