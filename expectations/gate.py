"""The gate: runs the rules of a suite over audit frames with Great Expectations, and fails closed.

Great Expectations passes on an empty suite, an empty table and an all-null column; this gate does not.
A frame is the answer of an audit query, so that a million posts arrive as a handful of rows.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ingest.domain.gates import GateResult, Severity, Verdict

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXAMPLES = 3


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


def audit(connection: "DuckDBPyConnection", queries: Mapping[str, str], **parameters: Any) -> dict[str, Frame]:
    """The answers of the audit queries. A query that fails becomes a frame with an error: the others still answer."""
    connection.execute("set enable_progress_bar = false")
    return {name: _ask(connection, query, parameters) for name, query in queries.items()}


def judge(suite: Suite, frames: Mapping[str, Frame]) -> Verdict:
    """The verdict of a suite over its frames; fails closed on whatever could not be evaluated.

    Frames of one row are looked at side by side as one: a validation costs 30 ms, however small.
    """
    whole_frame = _batches()
    unfit = {rule.name: _why_unfit(rule, frames.get(rule.frame)) for rule in suite.rules}
    fit = [rule for rule in suite.rules if unfit[rule.name] is None]
    single = [rule for rule in fit if len(frames[rule.frame].rows) == 1]
    groups = [
        ([_prefixed(rule) for rule in single], _side_by_side({rule.frame: frames[rule.frame] for rule in single}))
    ]
    for name in dict.fromkeys(rule.frame for rule in fit if rule not in single):
        groups.append(([rule for rule in fit if rule.frame == name], frames[name]))
    answers: dict[str, Any] = {}
    for rules, frame in groups:
        try:
            answers |= _evaluate(whole_frame, rules, frame) if rules else {}
        except Exception as error:
            unfit |= {rule.name: f"Great Expectations failed: {type(error).__name__}: {error}" for rule in rules}
    results = (
        _result(rule, frames.get(rule.frame) or Frame(), unfit[rule.name], answers.get(rule.name))
        for rule in suite.rules
    )
    return Verdict(suite.name, len(suite.rules), tuple(results))


def _side_by_side(frames: Mapping[str, Frame]) -> Frame:
    """Frames of one row as one frame of one row; a column's name begins with its frame's."""
    columns = tuple(f"{name}.{column}" for name, frame in frames.items() for column in frame.columns)
    return Frame(columns, [tuple(value for frame in frames.values() for value in frame.rows[0])])


def _prefixed(rule: Rule) -> Rule:
    """The rule as it reads on frames side by side."""
    columns = {
        key: f"{rule.frame}.{value}" if key in ("column", "column_A", "column_B") else value
        for key, value in rule.arguments.items()
    }
    return replace(rule, arguments=columns)


def _ask(connection: "DuckDBPyConnection", query: str, parameters: Mapping[str, Any]) -> Frame:
    import duckdb

    used = {name: value for name, value in parameters.items() if f"${name}" in query}
    try:
        answer = connection.execute(query, used or None)
        return Frame(tuple(column[0] for column in answer.description or ()), answer.fetchall())
    except duckdb.Error as error:
        return Frame(error=f"the audit query failed: {str(error).splitlines()[0]}")


def _why_unfit(rule: Rule, frame: Frame | None) -> str | None:
    """Why the rule cannot be evaluated on this frame; None when it can."""
    if frame is None:
        return f"the frame {rule.frame} is missing"
    if frame.error:
        return frame.error
    missing = [column for column in rule.columns if column not in frame.columns]
    if missing:
        return f"the column {', '.join(missing)} is missing in the frame {rule.frame}"
    if not frame.rows:
        return f"the frame {rule.frame} has no rows"
    empty = [column for column in rule.columns if all(value is None for value in _values(frame, column))]
    return f"every value of {', '.join(empty)} is null" if empty else None


def _values(frame: Frame, column: str) -> list[Any]:
    at = frame.columns.index(column)
    return [row[at] for row in frame.rows]


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


def _evaluate(whole_frame: Any, rules: Sequence[Rule], frame: Frame) -> dict[str, Any]:
    """The answer of Great Expectations by rule name."""
    import great_expectations as gx
    import pandas as pd

    # dtype=object: an int column with a null would become float and lose digits above 2**53
    table = pd.DataFrame(list(frame.rows), columns=list(frame.columns), dtype=object)
    suite = gx.ExpectationSuite(name=rules[0].frame, expectations=[_expectation(gx, rule) for rule in rules])
    answer = whole_frame.get_batch(batch_parameters={"dataframe": table}).validate(suite, result_format="SUMMARY")
    return {result.expectation_config.meta["rule"]: result for result in answer.results}


def _expectation(gx: Any, rule: Rule) -> Any:
    kind = getattr(gx.expectations, rule.expectation)
    return kind(**rule.arguments, severity=rule.severity, meta={"rule": rule.name})


def _result(rule: Rule, frame: Frame, unfit: str | None, answer: Any) -> GateResult:
    raised = None if answer is None else _exception(answer.exception_info)
    problem = unfit or raised or (None if answer is not None else "the rule was not evaluated")
    nulls = 0 if problem else sum(value is None for column in rule.columns for value in _values(frame, column))
    return GateResult(
        rule=rule.name,
        frame=rule.frame,
        severity=rule.severity,
        passed=problem is None and bool(answer.success) and not nulls,
        evaluated=problem is None,
        observed=problem or _observed(frame, answer, nulls),
        expected=rule.expected,
        description=rule.description,
        what_to_do=rule.what_to_do,
    )


def _exception(info: Mapping[str, Any]) -> str | None:
    """The message of a raised exception: Great Expectations gives one mapping, or one per metric."""
    for part in (info, *(value for value in info.values() if isinstance(value, Mapping))):
        if part.get("raised_exception"):
            return f"Great Expectations failed: {str(part.get('exception_message')).splitlines()[0]}"
    return None


def _observed(frame: Frame, answer: Any, nulls: int) -> str:
    """What was found, as text: the offending rows, else how much was looked at."""
    if nulls:
        return f"{nulls} null among {len(frame.rows)} rows"
    found = dict(answer.result)
    if found.get("partial_missing_list"):
        return f"missing: {', '.join(map(str, found['partial_missing_list']))}"
    offending = [frame.rows[at] for at in found.get("partial_unexpected_index_list", [])]
    if not offending and len(frame.rows) == 1:
        offending = [frame.rows[0]]
    shown = "; ".join(_row(frame, row) for row in offending[:EXAMPLES])
    more = int(found.get("unexpected_count", 0)) - EXAMPLES
    return (shown + (f"; and {more} more" if more > 0 else "")) or f"{len(frame.rows)} rows"


def _row(frame: Frame, row: tuple[Any, ...]) -> str:
    return ", ".join(f"{column}={value}" for column, value in zip(frame.columns, row, strict=True))
