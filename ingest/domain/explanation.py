"""An explanation: a published number as the tree of what it was made from, down to the landed lines."""

from dataclasses import asdict, dataclass
from math import isclose
from typing import Any

Value = str | float | int | None
"""What a cell holds; a yes or no is one too."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One number of one post: as published, as its landed line has it, and where that line lies.

    `landed` is None when the body holds no number; `problem` says why a line could not be read.
    """

    part: str
    metric: str
    status: str
    published: int | None
    landed: int | None
    definition: str | None = None
    graph_name: str | None = None
    source: str | None = None
    fetched_at: str | None = None
    file: str | None = None
    line_no: int | None = None
    problem: str = ""

    @property
    def agrees(self) -> bool:
        """Whether landing says what was published."""
        return not self.problem and self.published == self.landed


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a landed line states as it is: as published, as landed, and where it lies.

    `campaign_file` is where it stands in the campaign file, with the file's SHA-256, while that is the one that landed.
    """

    name: str
    published: Value
    landed: Value
    file: str | None = None
    line_no: int | None = None
    path: str = ""
    campaign_file: str = ""
    problem: str = ""

    @property
    def agrees(self) -> bool:
        """Whether landing says what was published."""
        return not self.problem and _same(self.published, self.landed)


@dataclass(frozen=True, slots=True)
class PostBranch:
    """One post of the sum: where it belongs and by which rule, what it gives, and the numbers that this is made of."""

    post_id: str
    platform: str
    account_id: str
    account_name: str
    ownership: str
    phase_id: str
    content_type: str
    published_on: str
    attribution_rule: str
    permalink: str | None
    published: int | None
    landed: int | None
    leaves: tuple[Leaf, ...]

    @property
    def agrees(self) -> bool:
        """Whether landing says what was published of each of its numbers."""
        return all(leaf.agrees for leaf in self.leaves)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A landed line that was read: what was asked, of which Graph version, when, and whether its body is true."""

    line_no: int
    fetched_at: str
    source: str
    request: dict[str, Any]
    graph_version: str | None
    http_status: int | None
    body_sha256: str
    is_true: bool


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A landed file that was opened: its SHA-256 now, that of the load log, and the lines that were read."""

    file: str
    sha256: str | None
    sha256_when_loaded: str
    lines: tuple[LineFacts, ...]
    problem: str = ""

    @property
    def is_true(self) -> bool:
        """Whether the file and each line that was read are what they were."""
        return not self.problem and self.sha256 == self.sha256_when_loaded and all(one.is_true for one in self.lines)


@dataclass(frozen=True, slots=True)
class Rules:
    """The campaign file that attributed the posts, as it landed."""

    registry_hash: str | None
    file: str | None
    line_no: int | None
    hashtags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A number, where it is published, how it comes together, and all that it is made from."""

    publication: dict[str, Any]
    campaign_id: str
    metric: str
    dimensions: dict[str, str]
    table: str | None
    how: str
    published: Value
    """What the mart's cell says; of what is no cell of one mart, what its posts add up to as published."""
    added: Value
    """The published numbers of the posts, added again."""
    landed: Value
    """The numbers in the landed lines, added again."""
    posts: tuple[PostBranch, ...]
    files: tuple[FileFacts, ...]
    rules: Rules
    notes: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    """What it is made of beside posts: what a campaign file, a survey or a list of activities states."""
    is_added: bool = True
    """Whether it was made again from landing; words that a rule chooses are shown with what they speak of."""

    @property
    def differences(self) -> list[str]:
        """What does not hold, one sentence each; nothing when the number is proved."""
        found = (
            []
            if not self.is_added or _same(self.published, self.landed)
            else [f"published is {shown(self.published)}, the landed lines give {shown(self.landed)}"]
        )
        found += [
            f"post {post.post_id}: {leaf.part} is published as {shown(leaf.published)}, "
            + (leaf.problem or f"the landed line says {shown(leaf.landed)}")
            for post in self.posts
            for leaf in post.leaves
            if not leaf.agrees
        ]
        found += [
            f"{one.name} is published as {shown(one.published)}, "
            + (one.problem or f"the landed line says {shown(one.landed)}")
            for one in self.facts
            if not one.agrees
        ]
        found += [f"{one.file} {_why_untrue(one)}" for one in self.files if not one.is_true]
        if not found and self.is_added and not _same(self.published, self.added):
            found.append(f"the posts as published add up to {shown(self.added)}")
        return found

    @property
    def agrees(self) -> bool:
        """Whether everything holds."""
        return not self.differences

    def as_json(self) -> dict[str, Any]:
        """All of it, for machines."""
        return {"agrees": self.agrees, "differences": self.differences} | asdict(self)


def shown(value: Value) -> str:
    """A value as people read it."""
    if isinstance(value, bool | str):
        return str(value).lower() if isinstance(value, bool) else value
    if isinstance(value, float) and value.is_integer():
        return f"{int(value):,}"
    return "nothing" if value is None else f"{value:,}"


def _why_untrue(file: FileFacts) -> str:
    if file.problem:
        return file.problem
    if file.sha256 != file.sha256_when_loaded:
        return "has other bytes than when it was loaded: campaign-reach verify"
    lines = ", ".join(str(one.line_no) for one in file.lines if not one.is_true)
    return f"line {lines}: the body is not what its hash says"


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float) and (type(one), type(other)) != (int, int):
        return isclose(one, other, abs_tol=1e-4)
    return one == other
