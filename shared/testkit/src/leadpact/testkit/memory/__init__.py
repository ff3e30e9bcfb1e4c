"""The kit's ports in memory: their own rules, without a server."""

from leadpact.testkit.memory.authority import MemoryAuthority
from leadpact.testkit.memory.log import MemoryLog
from leadpact.testkit.memory.safe import MemorySafe
from leadpact.testkit.memory.store import MemoryStore

__all__ = ["MemoryAuthority", "MemoryLog", "MemorySafe", "MemoryStore"]
