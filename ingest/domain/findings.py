"""What a proof found: of which thing, what, and whether that is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written, or (when nothing is wrong) that a reader should know."""

    where: str
    what: str
    is_wrong: bool = True


@dataclass(frozen=True, slots=True)
class Look:
    """One file to look at: where it lies, and the look, which gives what it finds."""

    where: str
    find: Callable[[], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Looks:
    """All files that are looked at, and what was seen before any was opened."""

    looks: list[Look] = field(default_factory=list)
    seen: list[Finding] = field(default_factory=list)

    def __add__(self, other: "Looks") -> "Looks":
        return Looks([*self.looks, *other.looks], [*self.seen, *other.seen])
