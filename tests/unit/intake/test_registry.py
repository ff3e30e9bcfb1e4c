"""The registry in memory keeps what any registry must."""

import pytest

from tests.doubles.registry import MemoryRegistry
from tests.unit.intake.registry import Put, RegistrySuite


class TestMemoryRegistry(RegistrySuite):
    @pytest.fixture
    def registry(self) -> MemoryRegistry:
        return MemoryRegistry()

    @pytest.fixture
    def put(self, registry: MemoryRegistry) -> Put:
        return registry.put
