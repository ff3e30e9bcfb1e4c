"""Something else in a state."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.unit.verify.recorded import Recorded

Plant = Callable[[Any], object]


def planted(week: Recorded, consumer: str, plant: Plant, has: Callable[[Any], Any]) -> None:
    """The first state of a consumer that has something is changed, and that is found."""
    for index, cell in enumerate(week.kept):
        told = msgspec.msgpack.decode(cell.data) if cell.data and cell.consumer == consumer else None
        if told is not None and has(told):
            plant(told)
            week.kept[index] = cell._replace(data=msgspec.msgpack.encode(told))
            assert [(check, where) for check, where, _ in week.violations()] == [
                ("state", f"state of {consumer} {cell.key}")
            ]
            return
    pytest.fail("nobody has it")
