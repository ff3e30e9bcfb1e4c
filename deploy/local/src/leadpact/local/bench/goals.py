"""What a measurement is held against."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """A value that must not be exceeded."""

    name: str
    at_most: float

    def judged(self, value: float) -> dict[str, Any]:
        """As every measurement reports its goals."""
        return {"name": self.name, "goal": self.at_most, "value": value, "met": value <= self.at_most}
