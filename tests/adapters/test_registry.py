"""The registry: five campaigns are read; an invalid file stops with file, line, field, and what is allowed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.adapters.registry import campaign_schema, read_registry
from ingest.domain.errors import RegistryInvalid
from ingest.settings import PROJECT

TOGETHER = (PROJECT / "campaigns" / "together.yml").read_text(encoding="utf-8")


def refusal_of(folder: Path, text: str | bytes, name: str = "together.yml") -> str:
    content = text.encode() if isinstance(text, str) else text
    (folder / name).write_bytes(content)
    with pytest.raises(RegistryInvalid) as refused:
        read_registry(folder)
    return str(refused.value)


def test_the_projects_registry_has_five_campaigns_and_the_26_published_figures() -> None:
    registry = read_registry(PROJECT / "campaigns")
    assert len(registry.campaigns) == 5
    assert sum(len(campaign.published_figures) for campaign in registry.campaigns) == 26
    assert len({account.account_id for account in registry.accounts}) == len(registry.accounts)


def line_number(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


CHANGES: list[tuple[Callable[[str], str], str, str]] = [
    (lambda t: t.replace("time_zone: Asia/Ulaanbaatar", "time_zone: Asia/Nowhere"), "time_zone:", "time_zone: "),
    (lambda t: t.replace("campaign_name:", "campaign_nmae:"), "campaign_id", "campaign_nmae: "),
    (lambda t: t.replace("platform: facebook", "platform: Face Book", 1), "platform: facebook", "platform: "),
    (
        lambda t: t.replace("  mn:\n    Together:", "  de:\n    Together:"),
        "de:",
        "one of the campaign's languages (mn, en)",
    ),
    (lambda t: t.replace("Together: Хамтдаа", "Together: ''"), "Together:", "translations.mn.Together: must be a text"),
]


@pytest.mark.parametrize(("change", "place", "said"), CHANGES)
def test_a_wrong_field_is_refused_by_file_line_and_name(
    tmp_path: Path, change: Callable[[str], str], place: str, said: str
) -> None:
    changed = change(TOGETHER)
    assert changed != TOGETHER
    refusal = refusal_of(tmp_path, changed)
    assert "together.yml:" in refusal
    assert said in refusal


def test_a_wrong_date_says_what_is_allowed_and_where(tmp_path: Path) -> None:
    day = TOGETHER.split("starts_on: ")[1][:10]
    changed = TOGETHER.replace(f"starts_on: {day}", "starts_on: 2024-02-30", 1)
    line = line_number(TOGETHER, f"starts_on: {day}")
    assert f"together.yml:{line}: phases[0].starts_on: " in refusal_of(tmp_path, changed)


def test_a_key_that_stands_twice_an_alias_and_a_tab_are_refused_with_their_line(tmp_path: Path) -> None:
    assert "together.yml:2: the key 'campaign_id' stands twice" in refusal_of(
        tmp_path, "campaign_id: together\ncampaign_id: together\n"
    )
    assert "together.yml:2: aliases" in refusal_of(tmp_path, "a: &x [1]\nb: *x\n")
    assert "together.yml:2: is not YAML" in refusal_of(tmp_path, "a:\n\t- 1\n")


def test_text_that_is_not_utf_8_says_its_line(tmp_path: Path) -> None:
    assert "together.yml:2: is not UTF-8" in refusal_of(tmp_path, b"a: 1\nb: \xff\n")


def test_a_campaign_in_a_file_of_another_name_is_refused(tmp_path: Path) -> None:
    assert "campaign_id: must be 'other', the name of the file" in refusal_of(tmp_path, TOGETHER, "other.yml")


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("campaign_id: 7\n", encoding="utf-8")
    refusal = refusal_of(tmp_path, "just text")
    assert "a.yml:1: " in refusal
    assert "together.yml:1: " in refusal


def test_an_empty_folder_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(RegistryInvalid, match=r"put one <campaign_id>\.yml per campaign"):
        read_registry(tmp_path)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_any_text_is_read_or_refused_by_file_and_line(tmp_path: Path, text: str) -> None:
    try:
        content = text.encode()
    except UnicodeEncodeError:
        return
    assert "together.yml:" in refusal_of(tmp_path, content)


def test_the_schema_for_editors_is_the_models_schema() -> None:
    kept = (PROJECT / "campaigns" / "campaign.schema.json").read_text(encoding="utf-8")
    assert json.loads(kept) == json.loads(campaign_schema())
