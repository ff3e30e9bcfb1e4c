"""A log in memory that, when a test says so, breaks off in the midst of what it is given to keep."""

from collections.abc import Sequence
from enum import StrEnum

from leadpact.kit.errors import Unavailable
from leadpact.kit.rows import Message, Stream
from leadpact.testkit.memory import MemoryLog


class Answer(StrEnum):
    """What becomes of a batch."""

    ACKNOWLEDGED = "acknowledged"
    AWAY = "away"  # none of it is kept
    HALF = "half"  # some of it is, and nobody says so
    SILENT = "silent"  # all of it is, and nobody says so


class FlakyLog(MemoryLog):
    """`next` is what becomes of the next batch that is published; `given` counts batches, kept or not."""

    def __init__(self) -> None:
        super().__init__()
        self.next = Answer.ACKNOWLEDGED
        self.given = 0

    async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Append messages, or not; raises `Unavailable` unless it is to acknowledge them."""
        answer, self.next = self.next, Answer.ACKNOWLEDGED
        self.given += 1
        kept = {Answer.AWAY: 0, Answer.HALF: len(messages) // 2}.get(answer, len(messages))
        await super().publish(stream, messages[:kept])
        if answer is not Answer.ACKNOWLEDGED:
            raise Unavailable(f"the log is {answer}")
