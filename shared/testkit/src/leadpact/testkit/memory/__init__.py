"""Log and store in memory: the ports' own rules, without a server."""

from leadpact.testkit.memory.log import MemoryLog
from leadpact.testkit.memory.store import MemoryStore

__all__ = ["MemoryLog", "MemoryStore"]
