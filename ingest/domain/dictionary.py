"""The data dictionary: what a reader of the publication has to know of each mart and each of its columns."""

from dataclasses import dataclass

NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL")


@dataclass(frozen=True, slots=True)
class ColumnText:
    """One column: type and nullability as in the published file; unit and whether it adds for numbers only."""

    name: str
    data_type: str
    is_required: bool
    description: str = ""
    unit: str = ""
    adds: str = ""

    @property
    def is_number(self) -> bool:
        """Whether values are counted or measured, so that they have a unit."""
        return self.data_type.startswith(NUMBERS)


@dataclass(frozen=True, slots=True)
class TableText:
    """One mart: what a row is, its key, and its columns in their order."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[ColumnText, ...]
