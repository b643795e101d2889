"""Tests that need other programs: a missing one is a named skip for a person, and a failure in CI."""

import os
import shutil
from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """The path of a program; `make test-system` says which one is missing."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path:
            return path
        message = f"{name} is not installed: .ci/run installs what `make test-system` needs"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)

    return find
