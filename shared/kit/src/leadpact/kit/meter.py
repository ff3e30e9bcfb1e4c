"""What the kit itself counts, for every service alike."""

from datetime import datetime, timedelta

from leadpact.kit.metrics import Counter, Gauge, Histogram, Metrics
from leadpact.kit.rows import Slot, Stream

RECORDS = Counter("leadpact_records", "Records handled, by consumer.", ("consumer",))
EMITTED = Counter("leadpact_emitted", "Events put into the outbox, by consumer.", ("consumer",))
TURN = Histogram("leadpact_turn_seconds", "Time from a batch in hand to its commit.", ("consumer",))
MARK = Gauge("leadpact_mark_timestamp_seconds", "How far time has passed, as a Unix time.", ("consumer", "slot"))
LAG = Gauge("leadpact_mark_lag_seconds", "How far that is behind business time.", ("consumer", "slot"))
RELAYED = Counter("leadpact_relayed", "Messages published, by topic.", ("topic",))
PUBLISH = Histogram("leadpact_publish_seconds", "Time until all replicas had a batch.", ("topic",))
HAPPENED = Counter(
    "leadpact_happened", "Rare things: fenced, retried, hung, dead letters, parked keys.", ("consumer", "what")
)
EFFECTS = Counter("leadpact_effects", "Tries to send an effect, by kind and what came of them.", ("kind", "outcome"))
SEND = Histogram("leadpact_effect_seconds", "Time a sender took, by kind.", ("kind",))
READY = Gauge("leadpact_ready", "1 when the gate is open, 0 when it keeps the process from being ready.", ("gate",))
BEHIND = Gauge("leadpact_records_behind", "Records that a consumer has not handled, in all partitions.", ("consumer",))
AGE = Gauge("leadpact_mark_age_seconds", "How far a consumer's slowest mark is behind business time.", ("consumer",))
SLOTS = Gauge("leadpact_slots", "A consumer's slots: held, unowned.", ("consumer", "state"))
PARKED = Gauge("leadpact_parked_keys", "Keys that a consumer has set aside because our code failed.", ("consumer",))
DEAD = Gauge("leadpact_dead_letters", "Records that a consumer could not read, and kept.", ("consumer",))
OUTBOX = Gauge("leadpact_outbox_messages", "Messages that wait to be published.", ("service",))
COUNTED = Gauge("leadpact_counted", "What a service counts of its own, as on /operations.", ("service", "what"))

WORKING = (RECORDS, EMITTED, TURN, MARK, LAG, RELAYED, PUBLISH, HAPPENED, EFFECTS, SEND, READY)
SURVEYED = (BEHIND, AGE, SLOTS, PARKED, DEAD, OUTBOX, COUNTED)
"""What a process that serves reads from its services' tables, whether their workers run or not."""
CATALOGUE = WORKING + SURVEYED


class KitMeter:
    """Counts event handling into a process's metrics, which must hold `CATALOGUE`."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def handled(self, slot: Slot, records: int, emitted: int, seconds: float) -> None:
        """A turn was committed."""
        self._metrics.count(RECORDS, slot.consumer, by=records)
        self._metrics.count(EMITTED, slot.consumer, by=emitted)
        self._metrics.observe(TURN, seconds, slot.consumer)

    def stands(self, slot: Slot, mark: datetime, lag: timedelta) -> None:
        """How far time has passed in the slot, and how far that is behind business time."""
        self._metrics.set(MARK, mark.timestamp(), slot.consumer, str(slot.number))
        self._metrics.set(LAG, lag.total_seconds(), slot.consumer, str(slot.number))

    def relayed(self, stream: Stream, messages: int, seconds: float) -> None:
        """A batch was published."""
        self._metrics.count(RELAYED, stream.topic, by=messages)
        self._metrics.observe(PUBLISH, seconds, stream.topic)

    def fenced(self, consumer: str) -> int:
        """How many batches of a consumer were taken back here, because another had the slot."""
        return int(self._metrics.counted(HAPPENED, consumer, "fenced"))

    def happened(self, slot: Slot, what: str, times: int = 1) -> None:
        """Something rare."""
        self._metrics.count(HAPPENED, slot.consumer, what, by=times)
