"""The timers of the keys at hand, in the order in which they fire, and what has changed of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from heapq import heappop, heappush

from leadpact.contracts.envelope import Lane
from leadpact.kit.rows import Timer


class Agenda:
    """One heap per lane; timers of blocked keys stay where they are.

    `walls` are, by lane, the first timers that stand in the store but are not at hand: nothing at or behind them fires.
    """

    def __init__(self, timers: Mapping[str, Sequence[Timer]], blocked: set[str], walls: Mapping[Lane, Timer]) -> None:
        self._stored = {key: {timer.name: timer for timer in known} for key, known in timers.items()}
        self._wanted = {key: dict(known) for key, known in self._stored.items()}
        self._blocked = blocked
        self._walls = walls
        self._heaps: dict[Lane, list[Timer]] = {lane: [] for lane in Lane}
        for key in self._wanted:
            self._push(key)

    def due(self, lane: Lane, until: datetime) -> Timer | None:
        """The next timer of a lane due by an instant; nothing if that cannot be said yet: see `walled`."""
        heap = self._heaps[lane]
        while heap:
            timer = heap[0]
            if self._wanted[timer.key].get(timer.name) == timer and timer.key not in self._blocked:
                wall = self._walls.get(lane)
                return timer if timer.due <= until and (wall is None or timer < wall) else None
            heappop(heap)
        return None

    def walled(self, lane: Lane, until: datetime) -> bool:
        """Whether a timer due by then stands in the store but is not at hand."""
        wall = self._walls.get(lane)
        return wall is not None and wall.due <= until

    def ahead(self, lane: Lane, until: datetime) -> list[Timer]:
        """The timers at hand that are due by an instant, as known now, in order."""
        return sorted(timer for timer in self._heaps[lane] if timer.due <= until)

    def rang(self, timer: Timer) -> None:
        """A timer has fired: it is no longer set."""
        self._wanted[timer.key].pop(timer.name, None)

    def set(self, key: str, lane: Lane, wanted: Mapping[str, datetime]) -> None:
        """These are the timers of the key from now on."""
        known = self._wanted.get(key)
        if not wanted and not known:
            return
        timers = {name: Timer(due, key, name, lane) for name, due in wanted.items()}
        if timers != known:
            self._wanted[key] = timers
            for name, timer in timers.items():
                if known is None or known.get(name) != timer:
                    heappush(self._heaps[lane], timer)

    def block(self, key: str) -> None:
        """The key's timers do not fire."""
        self._blocked.add(key)

    def unblock(self, key: str) -> None:
        """The key's timers fire again."""
        self._blocked.discard(key)
        self._push(key)

    def changes(self) -> tuple[list[Timer], list[Timer]]:
        """What to write: timers to set, timers to drop."""
        to_set: list[Timer] = []
        to_drop: list[Timer] = []
        for key, wanted in self._wanted.items():
            stored = self._stored.get(key, {})
            to_set += (timer for name, timer in wanted.items() if stored.get(name) != timer)
            to_drop += (timer for name, timer in stored.items() if name not in wanted)
        return to_set, to_drop

    def _push(self, key: str) -> None:
        for timer in self._wanted.get(key, {}).values():
            heappush(self._heaps[timer.lane], timer)
