"""Settings: read once, named in every message, and never printed with a secret."""

import pytest

from ingest.domain.errors import SettingsInvalid
from ingest.settings import PROJECT, load_settings, settings_table


def test_a_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGN_REACH_GRAPH_VERSION", "26")
    with pytest.raises(SettingsInvalid, match="CAMPAIGN_REACH_GRAPH_VERSION"):
        load_settings()


def test_tokens_are_split_at_commas_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGN_REACH_ACCESS_TOKENS", "EAAone, EAAtwo")
    settings = load_settings()
    assert [token.get_secret_value() for token in settings.access_tokens] == ["EAAone", "EAAtwo"]
    assert "EAA" not in repr(settings)


def test_a_message_about_a_bad_secret_does_not_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGN_REACH_KEEP_VERSIONS", "EAAsecret")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings()
    assert "EAAsecret" not in str(caught.value)


def test_a_fixed_clock_stands_still_and_the_real_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    real = load_settings().clock
    assert real() <= real()
    monkeypatch.setenv("CAMPAIGN_REACH_NOW", "2024-02-10T08:00:00+08:00")
    assert load_settings().clock().isoformat() == "2024-02-10T00:00:00+00:00"


def test_the_settings_page_is_what_the_command_prints() -> None:
    assert settings_table() in (PROJECT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
