"""Mappings: a small YAML beside a table of any kind that says what its columns are."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from ingest.adapters.exports.dialects import plain
from ingest.adapters.exports.recognition import Column, Recognition
from ingest.adapters.exports.sheets import Sheet
from ingest.domain.attribution import MediaFormat
from ingest.domain.errors import ImportRefused
from ingest.domain.fields import Day, Name, ObjectId, Section, TimeZone, Words, refusal
from ingest.domain.figures import Platform
from ingest.domain.metrics import CATALOGUE

UNITS = {"count": 1, "thousands": 1_000, "milliseconds": 1, "seconds": 1_000, "minutes": 60_000, "hours": 3_600_000}
COLUMNS = ("post_id", "account_column", "permalink", "text", "media_format", "content_type")
FIELDS = {"account_column": "account_id", "text": "message", "media_format": "post_type"}
"""Fields of a mapping that name a column, by our name of the field where it is another."""


class Measured(Section):
    """One column that counts something."""

    column: Words = Field(description="the column's header")
    metric: Name = Field(description="our name of what it counts, such as reach")
    definition: Name | None = Field(None, description="which definition of the metric; the platform's first if none")
    unit: Literal["count", "thousands", "milliseconds", "seconds", "minutes", "hours"] = Field(
        "count", description="what one of it is"
    )


class Parts(Section):
    """A time of publication in parts, each a column or a number: the first such weekday of the month is taken."""

    year: Words | int = Field(description="a column, or the year")
    month: Words | int = Field(1, description="a column, or the month")
    weekday: Words | int | None = Field(None, description="a column with the day of the week as a number")
    hour: Words | int = Field(12, description="a column, or the hour")
    week_starts_on: Literal["sunday", "monday"] = Field("sunday", description="the first day of the week")
    first_weekday: int = Field(1, description="the number of the first day of the week: 0 or 1")


class Period(Section):
    """What a table without dates covers: its posts are taken to be of the first day, at noon."""

    starts_on: Day = Field(description="the first day")
    ends_on: Day = Field(description="the last day")


class Key(Section):
    """What a post without an id is called: a name, and the row's number or a digest of some columns."""

    name: Name = Field(description="how the ids begin; another table needs another name")
    of: tuple[Words, ...] = Field((), description="columns that tell posts apart; none is the row's number")


class TableMapping(Section):
    """One mapping file."""

    platform: Platform = Field(description="the platform that the posts are on")
    account_id: ObjectId | None = Field(None, description="whose posts they are, if all are one account's")
    account_column: Words | None = Field(None, description="the column that says whose post it is")
    post_id: Words | None = Field(None, description="the column with the post's id")
    key: Key | None = Field(None, description="what to call posts, if there is no id")
    published: Words | Parts | None = Field(None, description="the column with the time of publication, or its parts")
    period: Period | None = Field(None, description="what the table covers, if it has no dates")
    permalink: Words | None = Field(None, description="the column with the post's address")
    text: Words | None = Field(None, description="the column with the post's words")
    stated_text: Words | None = Field(None, description="words for every post, such as a hashtag; {row} is its number")
    media_format: Words | None = Field(None, description="the column with the kind of post")
    media_formats: dict[str, MediaFormat] = Field({}, description="what each kind is to us, such as Photo: photo")
    content_type: Words | None = Field(None, description="the column with the content type")
    content_types: dict[str, Name] = Field({}, description="what each content type is called, such as Photo: poster")
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(
        None, description="what parts the columns; found out if none"
    )
    decimal: Literal[".", ","] = Field(".", description="the decimal sign")
    date_order: Literal["dmy", "mdy"] | None = Field(None, description="day or month first; found out if none")
    time_zone: TimeZone = Field("UTC", description="the time zone of the times, such as Asia/Ulaanbaatar")
    missing: tuple[str, ...] = Field((), description="what stands for 'not given', beside -, --, N/A and NaN")
    metrics: tuple[Measured, ...] = Field(min_length=1, description="the columns that count something")

    @model_validator(mode="after")
    def _whole(self) -> "TableMapping":
        if (self.post_id is None) == (self.key is None):
            raise refusal("must have either post_id (a column) or key (what to call posts without an id)")
        if (self.published is None) == (self.period is None):
            raise refusal("must have either published (a column, or its parts) or period (what the table covers)")
        if (self.account_id is None) == (self.account_column is None):
            raise refusal("must have either account_id or account_column")
        return self


def mapping_beside(path: Path) -> Path | None:
    """The mapping that lies beside a file: `table.csv.yml` or `table.yml`; None when there is none."""
    candidates = (path.with_name(f"{path.name}.yml"), path.with_suffix(".yml"))
    return next((one for one in candidates if one != path and one.is_file()), None)


def read_mapping(path: Path) -> TableMapping:
    """What a mapping says.

    Raises: ImportRefused, naming file, field and what is allowed.
    """
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        return TableMapping.model_validate(said)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ImportRefused(f"The mapping {path} cannot be read: {str(error).splitlines()[0]}") from None
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}" for one in error.errors()[:5])
        raise ImportRefused(f"The mapping {path} cannot be used: {problems}.") from None


def recognised_by(mapping: TableMapping, sheet: Sheet) -> Recognition:
    """The table as its mapping says it is.

    Raises: ImportRefused when a column is not there, or a metric has no such definition.
    """
    line, header = _header(mapping, sheet)
    at = {plain(name): place for place, name in reversed(list(enumerate(header)))}

    def column(name: str, kind: str, ours: str, times: float = 1) -> Column:
        return Column(at[plain(name)], name, kind, ours, times)

    columns = [column(str(said), "field", FIELDS.get(one, one)) for one in COLUMNS if (said := getattr(mapping, one))]
    if isinstance(mapping.published, str):
        columns.append(column(mapping.published, "field", "published_at"))
    columns += [column(name, "part", "published") for name in _parts(mapping)]
    columns += [column(name, "part", "key") for name in (mapping.key.of if mapping.key else ())]
    columns += [
        column(one.column, "metric", _export_name(mapping.platform, one), UNITS[one.unit]) for one in mapping.metrics
    ]
    used = {one.at for one in columns}
    return Recognition(
        kind="posts",
        product="mapped_table",
        title="a table of your own, by its mapping",
        platform=mapping.platform,
        columns=tuple(columns),
        account_id=mapping.account_id or "",
        form=sheet.form,
        encoding=sheet.encoding,
        delimiter=sheet.delimiter,
        is_quoted_twice=sheet.is_quoted_twice,
        sheet=sheet.place,
        header_line=line,
        first_line=line + 1,
        last_line=sheet.last_line,
        width=len(header),
        time_zone=mapping.time_zone,
        date_order=mapping.date_order or "",
        decimal=mapping.decimal,
        post_types={plain(name): ours for name, ours in mapping.media_formats.items()},
        stated=_stated(mapping),
        unknown=tuple((name, "") for place, name in enumerate(header) if place not in used and name.strip()),
    )


def _stated(mapping: TableMapping) -> Mapping[str, Any]:
    stated: dict[str, Any] = {"missing": list(mapping.missing)}
    if mapping.key:
        stated["key"] = mapping.key.model_dump(mode="json")
    if isinstance(mapping.published, Parts):
        stated["published"] = mapping.published.model_dump(mode="json")
    if mapping.period:
        stated["period"] = mapping.period.model_dump(mode="json")
    if mapping.stated_text:
        stated["text"] = mapping.stated_text
    return stated | ({"content_types": dict(mapping.content_types)} if mapping.content_types else {})


def _parts(mapping: TableMapping) -> list[str]:
    """The columns that a time of publication is made of."""
    if not isinstance(mapping.published, Parts):
        return []
    said = mapping.published
    return [one for one in (said.year, said.month, said.weekday, said.hour) if isinstance(one, str)]


def _header(mapping: TableMapping, sheet: Sheet) -> tuple[int, list[str]]:
    """The line of the header, and its cells: the first row that has every column that the mapping names."""
    named = [str(said) for one in COLUMNS if (said := getattr(mapping, one))]
    named += [mapping.published] if isinstance(mapping.published, str) else []
    named += [*_parts(mapping), *(mapping.key.of if mapping.key else ()), *(one.column for one in mapping.metrics)]
    wanted = {plain(name): name for name in named}
    for line, cells in sheet.head:
        if wanted.keys() <= {plain(cell) for cell in cells}:
            return line, [cell.strip() for cell in cells]
    line, cells = max(sheet.head, key=lambda row: len(wanted.keys() & {plain(cell) for cell in row[1]}))
    lacking = [name for key, name in wanted.items() if key not in {plain(cell) for cell in cells}]
    near = difflib.get_close_matches(lacking[0], cells, n=1, cutoff=0.5)
    hint = f" Is it {near[0]!r}?" if near else ""
    raise ImportRefused(f"{sheet.shown} has no column {', '.join(map(repr, lacking))}, which its mapping names.{hint}")


def _export_name(platform: str, measured: Measured) -> str:
    """The name in the catalogue of a metric and its definition.

    Raises: ImportRefused, naming the definitions that there are.
    """
    known = [
        one
        for one in CATALOGUE
        if (one.platform, one.object_kind, one.metric, one.shape) == (platform, "post", measured.metric, "int")
        and not one.breakdown
        and not one.map_key
    ]
    fitting = [one for one in known if measured.definition in (None, one.definition)]
    if fitting:
        return fitting[-1].graph_name if measured.definition else fitting[0].graph_name
    where = f"The mapping's column {measured.column!r}: {platform} has no"
    if known:
        definitions = ", ".join(dict.fromkeys(one.definition for one in known))
        raise ImportRefused(f"{where} {measured.metric} of definition {measured.definition}; there is {definitions}.")
    of_posts = (one for one in CATALOGUE if one.platform == platform and one.object_kind == "post" and one.in_marts)
    metrics = ", ".join(sorted({one.metric for one in of_posts}))
    raise ImportRefused(f"{where} metric {measured.metric}; there is {metrics}.")


def with_accounts(found: Recognition, accounts: tuple[tuple[str, str], ...], shown: str) -> Recognition:
    """The recognition, if campaigns know the account that the mapping states.

    Raises: ImportRefused.
    """
    if found.account_id and (found.account_id, found.platform) not in accounts:
        raise ImportRefused(
            f"{shown} is of {found.platform} account {found.account_id}, which no campaign knows. "
            "Nothing was imported. Add the account to a file in campaigns/ (accounts:), then import the file again."
        )
    return found
