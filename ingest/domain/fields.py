"""What the fields of a campaign file may hold; every refusal says what is allowed. Used by the registry's models."""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

Path = tuple[str | int, ...]
T = TypeVar("T")
LARGEST = 10**12
"""Larger than anything a campaign can count: what lies above is a slip of the keyboard."""


def refusal(message: str) -> PydanticCustomError:
    """An error whose text is exactly `message`."""
    return PydanticCustomError("not_allowed", "{message}", {"message": message})


def refuse(title: str, problems: Iterable[tuple[Path, str]]) -> None:
    """Nothing when there are no problems.

    Raises: ValidationError, with each problem at its place.
    """
    errors = [InitErrorDetails(type=refusal(text), loc=place, input=None) for place, text in problems]
    if errors:
        raise ValidationError.from_exception_data(title, errors)


class Section(BaseModel):
    """A mapping of known fields: an unknown or a missing one is refused with the fields that there are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known_fields(cls, data: Any) -> Any:
        if isinstance(data, dict):
            refuse(cls.__name__, cls._unknown_or_missing(data))
        return data

    @classmethod
    def _unknown_or_missing(cls, data: dict[Any, Any]) -> Iterable[tuple[Path, str]]:
        for name in data:
            if name not in cls.model_fields:
                yield (str(name),), f"is unknown; the fields here are {', '.join(cls.model_fields)}"
        for name, field in cls.model_fields.items():
            if field.is_required() and name not in data:
                yield (name,), f"is missing; it is {field.description}"


def _text(shape: str, allowed: str) -> BeforeValidator:
    pattern = re.compile(shape)

    def check(value: object) -> object:
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise refusal(f"must be {allowed}")
        return value

    return BeforeValidator(check, json_schema_input_type=Annotated[str, Field(pattern=f"^(?:{shape})$")])


def _iso_date(value: object) -> object:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else _only(date, value)
    except ValueError:
        raise refusal("must be a date such as 2024-01-29") from None


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else _only(datetime, value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise refusal("must be a moment with its time zone such as 2024-02-02T04:00:00Z")
    return moment.astimezone(UTC)


def _only(kind: type[T], value: object) -> T:
    if type(value) is not kind:
        raise ValueError(value)
    return value


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise refusal("must be a number without quotes, such as 736 or 4.5")
    if not 0 <= value <= LARGEST:
        raise refusal(f"must be a number between 0 and {LARGEST:,}")
    return value


def _time_zone(value: object) -> object:
    try:
        if isinstance(value, str):
            ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise refusal("must be an IANA time zone such as Asia/Ulaanbaatar") from None
    return value


def _hashtag(value: object) -> object:
    composed = unicodedata.normalize("NFC", value) if isinstance(value, str) else value
    is_one = isinstance(composed, str) and re.fullmatch(r"#\w+", composed) and any(map(str.isalpha, composed))
    if isinstance(composed, str) and not is_one:
        raise refusal("must begin with '#', followed by letters, digits or '_' without spaces, such as '#ӨөрӨөр'")
    return composed


def unique(values: Iterable[Any], path: Callable[[int], Path]) -> Iterable[tuple[Path, str]]:
    """The problems of values that stand twice, each at the place of its second appearance."""
    seen: set[Any] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield path(index), f"stands twice: {value}; each must be different"
        seen.add(value)


Words = Annotated[str, _text(r"[\s\S]*\S[\s\S]*", "a text that is not empty")]
CampaignId = Annotated[str, _text(r"[a-z][a-z0-9_]{1,62}", "2 to 63 of a-z, 0-9 and '_', beginning with a letter")]
Name = Annotated[str, _text(r"[a-z][a-z0-9_]{0,62}", "1 to 63 of a-z, 0-9 and '_', beginning with a letter")]
ObjectId = Annotated[str, _text(r"[A-Za-z0-9_@.-]{1,128}", "1 to 128 of A-Z, a-z, 0-9 and '_@.-'")]
Language = Annotated[str, _text(r"[a-z]{2,3}", "a language code such as mn or en")]
Permalink = Annotated[str, _text(r"https://\S+", "an address that begins with https://")]
Hashtag = Annotated[str, BeforeValidator(_hashtag)]
TimeZone = Annotated[str, BeforeValidator(_time_zone)]
Day = Annotated[date, BeforeValidator(_iso_date)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Number = Annotated[int | float, PlainValidator(_number), WithJsonSchema({"type": "number", "minimum": 0})]
Whole = Annotated[int, Field(strict=True, ge=1, le=LARGEST)]
Truth = Annotated[bool, Field(strict=True)]
