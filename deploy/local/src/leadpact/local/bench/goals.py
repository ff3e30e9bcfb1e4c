"""What a measurement is held against."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """A value that must not be exceeded, or must be reached."""

    name: str
    value: float
    at_least: bool = False

    def judged(self, found: float) -> dict[str, Any]:
        """As every measurement reports its goals."""
        met = found >= self.value if self.at_least else found <= self.value
        return {"name": self.name, "goal": self.value, "value": found, "met": met}
