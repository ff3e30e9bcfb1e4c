"""A place for an installation of its own: its state, and a Kafka and a PostgreSQL that nobody else uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from leadpact.embedded import postgres
from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE
from leadpact.local.state import State


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    """The state directory; removed with what its database keeps elsewhere."""
    for variable in (KAFKA_VARIABLE, POSTGRES_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    state = State(tmp_path / "demo")
    yield state
    postgres.remove(state.path)
