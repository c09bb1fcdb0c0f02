"""Fixtures of the end-to-end tests."""

import uuid
from typing import Iterator

import pytest
from chromium import Chromium, executable

from shop import Shop


@pytest.fixture(scope="session")
def shop() -> Shop:
    return Shop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    program = executable()
    if not program:
        pytest.skip("no Chromium here; `make test-browser` installs it on Debian and Ubuntu")
    with Chromium(program) as chromium:
        yield chromium


@pytest.fixture
def number() -> str:
    """A fresh order number."""
    return f"E2E-{uuid.uuid4().hex[:10]}"
