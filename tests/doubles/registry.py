"""The registered sources in memory, for doors without a database."""

from leadpact.intake.domain.features import CLEAR
from leadpact.intake.door.sources import Registered
from leadpact.intake.errors import UnknownSource, Unproven


def registered(name: str, kind: str, *secrets: str, mapping: dict[str, str] | None = None) -> Registered:
    """A source that says nothing unusual."""
    return Registered(name, kind, "UTC", None, mapping or {}, list(CLEAR), secrets)


class MemoryRegistry:
    """Knows what was put, and `api` from the start."""

    def __init__(self, *sources: Registered) -> None:
        self._sources = {source.name: source for source in (registered("api", "json"), *sources)}

    async def put(self, source: Registered) -> None:
        """Register a source, or replace what is said of it."""
        self._sources[source.name] = source

    async def find(self, name: str, kind: str | None = None) -> Registered:
        """The source of that name, and kind; raises `UnknownSource`."""
        source = self._sources.get(name)
        if source is None or kind not in (None, source.kind):
            raise UnknownSource(f"there is no {kind} source of that name" if kind else "there is no such source")
        return source

    async def of_write_key(self, key: str) -> Registered:
        """The Segment source with that write key; raises `Unproven`."""
        for source in self._sources.values():
            if source.kind == "segment" and key in source.secrets:
                return source
        raise Unproven("this write key is unknown")
