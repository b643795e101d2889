"""What the client remembers between runs: one transaction, also of several notes together."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.adapters.state import ClientState
from ingest.domain.errors import StorageFailed

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)


def test_what_is_noted_together_is_noted_whole_or_not_at_all(tmp_path: Path) -> None:
    """A run that dies between two notes has noted neither, and others see what was there before."""
    path = tmp_path / "state.sqlite"
    state = ClientState(path)
    state.note_read("1", "days", until=AT)
    with pytest.raises(RuntimeError):
        _dies_on_the_way(state)
    assert state.read_until("listing") == {}
    with state.together():
        state.note_read("1", "listing", until=AT)
    assert ClientState(path).read_until("listing") == {"1": AT}
    assert ClientState(path).read_until("days") == {"1": AT}


def _dies_on_the_way(state: ClientState) -> None:
    with state.together():
        state.note_read("1", "listing", until=AT)
        raise RuntimeError


def test_accounts_that_are_read_side_by_side_lose_no_note(tmp_path: Path) -> None:
    """Each thread has its own object, and waits for the file while another writes."""

    def note(number: int) -> None:
        state = ClientState(tmp_path / "state.sqlite")
        with state.together():
            state.note_read(str(number), "listing", until=AT)
            state.note_read(str(number), "days", until=AT)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(note, range(64)))
    state = ClientState(tmp_path / "state.sqlite")
    assert len(state.read_until("listing")) == len(state.read_until("days")) == 64


def test_a_file_that_is_no_database_says_that_it_may_be_deleted(tmp_path: Path) -> None:
    """Nothing of a mart lies there."""
    (tmp_path / "state.sqlite").write_text("no database " * 100)
    with pytest.raises(StorageFailed, match=r"state\.sqlite cannot be used.*It may be deleted"):
        ClientState(tmp_path / "state.sqlite").read_until("listing")
