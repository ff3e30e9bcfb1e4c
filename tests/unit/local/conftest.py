"""What verbs are tested with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from leadpact.local.client import Api
from leadpact.local.state import VARIABLE
from leadpact.local.verbs import asking
from tests.unit.local.asked import Answers, Installation


@pytest.fixture
def installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Installation:
    """An installation whose API answers as told; gives the requests it got."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    def answers(answer: Answers) -> list[httpx.Request]:
        got: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            got.append(request)
            return answer(request)

        @asynccontextmanager
        async def administrator() -> AsyncIterator[Api]:
            transport = httpx.MockTransport(handle)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as http:
                yield Api(http)

        monkeypatch.setattr(asking, "administrator", administrator)
        return got

    return answers
