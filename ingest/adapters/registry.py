"""The registry: every campaign file, read and checked. What it refuses it names by file, line and field."""

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ingest.adapters.campaign_yaml import Document, NotYaml, read_document
from ingest.domain.campaigns import Account, Campaign
from ingest.domain.errors import RegistryInvalid

__all__ = ["Registry", "RegistryInvalid", "campaign_schema", "read_registry"]

SHOWN = 60
"""As much of a refused value as a message shows."""

ALLOWED = {
    "string_type": "must be text; a number, date or yes/no goes in quotes",
    "int_type": "must be a whole number without quotes",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of fields",
    "model_type": "must be a mapping of fields",
    "too_short": "must not be an empty list",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {expected}",
}
"""What is allowed, by pydantic's name of the error; our own errors say it themselves."""


@dataclass(frozen=True, slots=True)
class Registry:
    """All campaigns in the order of their ids, their accounts once each, and the hash of all that."""

    campaigns: tuple[Campaign, ...]
    accounts: tuple[Account, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    document: Document
    campaign: Campaign


def read_registry(folder: Path) -> Registry:
    """The campaigns of every `*.yml` in a folder.

    Raises: RegistryInvalid, naming file, line, field and what is allowed, all problems at once.
    """
    files: list[_File] = []
    problems: list[str] = []
    for path in _campaign_files(folder):
        try:
            files.append(_read_file(path, path.read_bytes()))
        except OSError as error:
            problems.append(f"{path}: cannot be read: {error.strerror}")
        except RegistryInvalid as invalid:
            problems.append(str(invalid))
    problems += [] if problems else _disagreements(files)
    if problems:
        raise RegistryInvalid("The campaign files cannot be used:\n" + "\n".join(problems))
    campaigns = sorted((file.campaign for file in files), key=lambda campaign: campaign.campaign_id)
    accounts = {account.account_id: account for campaign in campaigns for account in campaign.accounts}
    return Registry(tuple(campaigns), tuple(accounts[key] for key in sorted(accounts)), _sha256(campaigns))


def campaign_schema() -> str:
    """The JSON Schema of a campaign file, for editors; `python -m ingest.adapters.registry` prints it."""
    schema = Campaign.model_json_schema(mode="validation")
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _campaign_files(folder: Path) -> Sequence[Path]:
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise RegistryInvalid(f"{folder}: the folder of campaign files cannot be read: {error.strerror}") from None
    for path in paths:
        if path.suffix in {".yaml", ".YML", ".YAML"}:
            raise RegistryInvalid(f"{path}: rename it to {path.stem}.yml; only *.yml is read")
    files = [path for path in paths if path.suffix == ".yml"]
    if not files:
        raise RegistryInvalid(f"{folder}: no campaign file here; put one <campaign_id>.yml per campaign into it")
    return files


@lru_cache(maxsize=64)
def _read_file(path: Path, content: bytes) -> _File:
    """A campaign file with this content: an event asks for it several times, and to check it takes 10 ms."""
    try:
        document = read_document(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise RegistryInvalid(f"{path}:{line}: is not UTF-8 text; save the file as UTF-8") from None
    except NotYaml as error:
        raise RegistryInvalid(f"{path}:{error.line}: {error.message}") from None
    try:
        return _File(path, document, Campaign.model_validate(document.data))
    except ValidationError as error:
        raise RegistryInvalid("\n".join(_explain(path, document, error.errors(include_url=False)))) from None


def _explain(path: Path, document: Document, errors: list[ErrorDetails]) -> Iterable[str]:
    places = [error["loc"] for error in errors]
    told: list[tuple[int, str]] = []
    for error in errors:
        place = tuple(step for step in error["loc"] if step != "[key]")
        if error["type"] == "too_short" and any(other[: len(place)] == place != other for other in places):
            continue  # the list is not empty: what it holds was refused, and is told on its own
        told.append((document.line_of(place), f"{_dotted(place)}{_allowed(error)}"))
    return [f"{path}:{line}: {text}" for line, text in sorted(told)]


def _allowed(error: ErrorDetails) -> str:
    template = ALLOWED.get(error["type"])
    text = template.format(**error.get("ctx", {})) if template else error["msg"]
    found = error["input"]
    if found is None or isinstance(found, (dict, list, tuple)) or text.startswith("is "):
        return text
    shown = str(found)
    return f"{text}; found {shown[:SHOWN] + '…' if len(shown) > SHOWN else shown!r}"


def _dotted(place: tuple[str | int, ...]) -> str:
    dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")
    return f"{dotted}: " if dotted else "the file "


def _disagreements(files: Sequence[_File]) -> list[str]:
    """What only several files together get wrong: names that are not theirs, accounts that differ."""
    problems: list[str] = []
    first: dict[str, tuple[_File, Account]] = {}
    for file in files:
        expected = file.path.stem
        if file.campaign.campaign_id != expected:
            line = file.document.line_of(("campaign_id",))
            problems.append(f"{file.path}:{line}: campaign_id: must be {expected!r}, the name of the file")
        for index, account in enumerate(file.campaign.accounts):
            other, known = first.setdefault(account.account_id, (file, account))
            problems += [
                f"{file.path}:{file.document.line_of(('accounts', index, field))}: accounts[{index}].{field}: must be "
                f"{getattr(known, field)!r} as in {other.path.name}: account {account.account_id} is the same in both"
                for field in Account.model_fields
                if getattr(known, field) != getattr(account, field)
            ]
    return problems


def _sha256(campaigns: Sequence[Campaign]) -> str:
    bodies = [campaign.model_dump(mode="json") for campaign in campaigns]
    canonical = json.dumps(bodies, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


if __name__ == "__main__":
    sys.stdout.write(campaign_schema())
