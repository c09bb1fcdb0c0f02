"""Fixtures of the end-to-end tests."""

import uuid

import pytest

from shop import Shop


@pytest.fixture(scope="session")
def shop() -> Shop:
    return Shop()


@pytest.fixture
def number() -> str:
    """A fresh order number."""
    return f"E2E-{uuid.uuid4().hex[:10]}"
