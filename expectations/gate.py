"""The gate: runs the rules of a suite over audit frames with Great Expectations, and fails closed.

Great Expectations passes on an empty suite, an empty table and an all-null column; this gate does not.
A frame is the answer of an audit query, so that a million posts arrive as a handful of rows.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from expectations.evaluation import Answer, Frame, Rule, Suite, answers_of, values_of
from ingest.domain.gates import GateResult, Verdict

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Frame", "Rule", "Suite", "audit", "judge"]

EXAMPLES = 3


def audit(connection: "DuckDBPyConnection", queries: Mapping[str, str], **parameters: Any) -> dict[str, Frame]:
    """The answers of the audit queries. A query that fails becomes a frame with an error: the others still answer."""
    connection.execute("set enable_progress_bar = false")
    return {name: _ask(connection, query, parameters) for name, query in queries.items()}


def judge(suite: Suite, frames: Mapping[str, Frame]) -> Verdict:
    """The verdict of a suite over its frames; fails closed on whatever could not be evaluated."""
    unfit = {rule.name: _why_unfit(rule, frames.get(rule.frame)) for rule in suite.rules}
    answers = answers_of([rule for rule in suite.rules if unfit[rule.name] is None], frames)
    results = (
        _result(rule, frames.get(rule.frame) or Frame(), unfit[rule.name], answers.get(rule.name))
        for rule in suite.rules
    )
    return Verdict(suite.name, len(suite.rules), tuple(results))


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
    empty = [column for column in rule.columns if all(value is None for value in values_of(frame, column))]
    return f"every value of {', '.join(empty)} is null" if empty else None


def _result(rule: Rule, frame: Frame, unfit: str | None, answer: Answer | None) -> GateResult:
    problem = unfit or ("the rule was not evaluated" if answer is None else answer.problem)
    nulls = 0 if problem else sum(value is None for column in rule.columns for value in values_of(frame, column))
    return GateResult(
        rule=rule.name,
        frame=rule.frame,
        severity=rule.severity,
        passed=answer is not None and problem is None and answer.success and not nulls,
        evaluated=problem is None,
        observed=problem or _observed(frame, answer or Answer(), nulls),
        expected=rule.expected,
        description=rule.description,
        what_to_do=rule.what_to_do,
    )


def _observed(frame: Frame, answer: Answer, nulls: int) -> str:
    """What was found, as text: the offending rows, else how much was looked at."""
    if nulls:
        return f"{nulls} null among {len(frame.rows)} rows"
    if answer.missing:
        return f"missing: {', '.join(map(str, answer.missing))}"
    offending = [frame.rows[at] for at in answer.unexpected_at[:EXAMPLES]]
    if not offending and len(frame.rows) == 1:
        offending = [frame.rows[0]]
    shown = "; ".join(_row(frame, row) for row in offending)
    more = answer.unexpected - EXAMPLES
    return (shown + (f"; and {more} more" if more > 0 else "")) or f"{len(frame.rows)} rows"


def _row(frame: Frame, row: tuple[Any, ...]) -> str:
    return ", ".join(f"{column}={value}" for column, value in zip(frame.columns, row, strict=True))
