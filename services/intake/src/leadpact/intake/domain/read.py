"""Reading a delivery: its door's mapper makes drafts, and each draft is understood or refused by itself."""

from collections.abc import Callable

from leadpact.intake.delivery import Delivery
from leadpact.intake.domain import interpret
from leadpact.intake.domain.draft import Draft, Refusal, refusal
from leadpact.intake.domain.entry import Entry, Source
from leadpact.intake.domain.shapes import KINDS
from leadpact.intake.domain.sources import generic, segment, table, typeform
from leadpact.intake.errors import IntakeError, Unreadable

SEGMENT = "segment/"
TYPEFORM = "typeform"
CSV = "csv"
COMMANDS = "commands"


def drafts(delivery: Delivery, source: Source, body: bytes) -> list[Draft]:
    """The items of a body as received; raises `Unreadable`, and `BadMapping` if a chunk's mapping is none."""
    door = delivery.door
    if door in KINDS:
        return generic.drafts(door, delivery.key, body)
    if door == TYPEFORM:
        return typeform.drafts(source.mapping, body)
    if door.startswith(SEGMENT):
        return segment.drafts(door.removeprefix(SEGMENT), delivery.facts_received_at, body)
    if door == CSV and delivery.chunk is not None:
        return table.drafts(delivery.chunk, body)
    raise Unreadable(f"nothing comes in by the door {door}")


def vendor(door: str) -> str:
    """What a delivery key belongs to within a source: the endpoint; Segment's have one set of message ids."""
    return SEGMENT if door.startswith(SEGMENT) else door


def understood(
    delivery: Delivery, source: Source, hasher: Callable[[str, str], str], items: list[Draft]
) -> list[tuple[Draft, Entry | Refusal]]:
    """What each draft means, in order."""
    interpreter = interpret.Interpreter(delivery, source, hasher)
    return [(item, _one(interpreter, item)) for item in items]


def _one(interpreter: interpret.Interpreter, item: Draft) -> Entry | Refusal:
    if isinstance(item.said, Refusal):
        return item.said
    try:
        return interpreter.entry(item.index, item.said)
    except IntakeError as error:
        return refusal(error)
