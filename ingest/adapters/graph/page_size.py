"""The page size: how many objects are asked for at once. What is too much is halved, and tried again later."""

from dataclasses import dataclass, field

from ingest.domain.errors import AnswerTooLarge, RequestRefused, TooMuchData

GROWS_AFTER = 20
"""So many small pages in a row, and a larger one is tried once more: what was too much may have been a bad moment."""


@dataclass(slots=True)
class PageSize:
    """How many objects are asked for now, and what was found too much: that is never asked for at the beginning."""

    now: int
    most: int = field(init=False)
    """Larger ones are not tried."""
    refused: set[int] = field(default_factory=set)
    """Sizes that were too much, and were not served since."""
    served: int = 0
    """The largest that was served."""
    _pages: int = 0
    """How many came in a row."""

    def __post_init__(self) -> None:
        self.most = self.now

    def shrink(self, error: TooMuchData | AnswerTooLarge) -> None:
        """Ask for half as many.

        Raises: RequestRefused when one object alone is too much for Meta, the error itself when it is for us.
        """
        if self.now == 1 and isinstance(error, TooMuchData):
            raise RequestRefused(f"{error} One object alone is too much: ask for fewer fields.") from None
        if self.now == 1:
            raise error
        self.refused.add(self.now)
        # it failed again after growing: it stays small
        self.most = self.now // 2 if self._pages else self.most
        self.now, self._pages = self.now // 2, 0

    def grow(self) -> None:
        """A page has come: after some of them ask for twice as many."""
        self.refused = {one for one in self.refused if one > self.now}
        self.served = max(self.served, self.now)
        self._pages += 1
        if self._pages >= GROWS_AFTER and self.now < self.most:
            self.now = min(self.most, self.now * 2)
