"""A client of the sample app, over ASGI."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.unit.web.sample.app import sample_app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Give the client; a broken endpoint answers instead of raising."""
    transport = httpx.ASGITransport(sample_app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sample") as made:
        yield made
