"""What is told to one slot, and where it writes: facts in a stream of their own, remembered to be counted by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened, Numbered
from leadpact.contracts.events.lead import Behaved
from leadpact.contracts.topics import Topic
from leadpact.kit.ports import Log
from leadpact.kit.rows import Message, Record, Stream, StreamMark
from leadpact.testkit.facts import Facts

if TYPE_CHECKING:
    from leadpact.contracts.registry import Event
    from leadpact.kit.decider import Fact

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOURCE = Topic("source", "lead", "test", "facts", partitions=1)
COUNTED = Topic("counted", "lead", "test", "what was counted", partitions=1)
ANSWERS = Topic("answers", "lead", "test", "what an API said", partitions=1)


def at(seconds: float) -> datetime:
    """So many seconds into the story."""
    return START + timedelta(seconds=seconds)


class Source:
    """Tells facts on partition 0 of a topic, under sequences; `told` are all of them, in order, sent or not.

    `announced` are the marks it said: after how many facts, and that nothing recorded before will follow them.
    """

    def __init__(self, log: Log, topic: Topic = SOURCE) -> None:
        self.told: list[Fact] = []
        self.announced: list[tuple[int, datetime]] = []
        self.stream = Stream(topic.name, 0)
        self._log = log
        self._sent = 0
        self._seqs: list[int] = []  # by offset
        self._facts = Facts()

    async def tell(self, lead: str, *subjects: str, when: datetime = START, mark: datetime | None = None) -> None:
        """Facts of a lead that occurred at `when` and stand in the log at `mark`, by default the same."""
        self.write(lead, *subjects, when=when, mark=mark)
        await self.send()

    def write(self, lead: str, *subjects: str, when: datetime, mark: datetime | None = None) -> None:
        """The same, but on their way still."""
        recorded = max(when, mark or when)
        self.told += [self._facts(_behaved(subject), lead=lead, at=when, recorded=recorded) for subject in subjects]

    def write_history(self, lead: str, *subjects: str, when: datetime, until: datetime) -> None:
        """A lane with facts of a lead, opened and closed at the start of the story (rule 43)."""
        facts, last = self._facts, sum(isinstance(fact.event, Numbered) for fact in self.told)
        opened: Event = BackfillOpened(control=last + 1, lane="history")
        closed: Event = BackfillClosed(control=last + 2, lane="history", facts=len(subjects), until=until)
        past = [facts(_behaved(subject), lead=lead, at=when, lane=Lane.BACKFILL) for subject in subjects]
        self.told += [facts(opened, at=START), *past, facts(closed, at=START)]

    async def send(self) -> None:
        """What was written arrives."""
        await self._publish(self._sent, len(self.told))
        self._sent = len(self.told)

    async def repeat(self, last: int) -> None:
        """The last so many arrive once more, as from a relay that was not sure."""
        await self._publish(max(0, self._sent - last), self._sent)

    def announce(self, mark: datetime) -> StreamMark:
        """How far time has passed behind all that was written."""
        self.announced.append((len(self.told), mark))
        return StreamMark(*self.stream, len(self.told), mark)

    def known(self, offset: int) -> datetime:
        """How far time is known to have passed to whoever has handled this offset and reads the next fact: before that
        one, timers fire by the mark that it carries."""
        facts = max(self._seqs[: offset + 1])
        carried = [fact.envelope.mark for fact in self.told[: facts + 1]]
        return max([*carried, *(mark for behind, mark in self.announced if behind <= facts)])

    def behind_the_last(self) -> tuple[int, int]:
        """The offset behind the record that was the first to tell the last fact, and the one behind all records."""
        return self._seqs.index(len(self.told)) + 1, len(self._seqs)

    async def _publish(self, begin: int, end: int) -> None:
        told = [
            Message(fact.envelope.lead.encode(), wire.encode(fact.envelope), seq)
            for seq, fact in enumerate(self.told[begin:end], begin + 1)
        ]
        if told:
            await self._log.publish(self.stream, told)
            self._seqs += [message.seq for message in told]


async def standing(log: Log, stream: Stream) -> Sequence[Record]:
    """Everything that stands in a stream."""
    end = (await log.ends([stream]))[stream]
    reader = await log.reader({stream: 0})
    found: list[Record] = []
    while len(found) < end:
        found += await reader.fetch(1_000, 1.0)
    await reader.close()
    return found


def _behaved(subject: str) -> Behaved:
    return Behaved(source="test", kind="page", subject=subject)
