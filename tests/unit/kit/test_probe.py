"""Point 7: the mark of a reader of many streams, also while they are busy."""

from datetime import UTC, datetime, timedelta

from leadpact.kit.probe import Probe
from leadpact.kit.rows import Message, Position, Stream
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.memory import MemoryLog

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ONE, TWO = Stream("raw", 0), Stream("raw", 1)


async def test_point7_read_to_the_end_means_until_the_question() -> None:
    clock, log = ManualClock(START), MemoryLog()
    probe = Probe(log, clock, [ONE, TWO], each=0.25)
    assert probe.answer({ONE: Position(0), TWO: Position(0)}) is None
    await probe.ask(busy=True)
    clock.advance(1)
    assert probe.answer({ONE: Position(0), TWO: Position(0)}) == START


async def test_point7_what_comes_after_the_question_does_not_hold_the_mark_back() -> None:
    clock, log = ManualClock(START), MemoryLog()
    await log.publish(ONE, [Message(b"", b"1")])
    probe = Probe(log, clock, [ONE, TWO], each=0.25)
    await probe.ask(busy=True)
    await log.publish(ONE, [Message(b"", b"2")])
    assert probe.answer({ONE: Position(0), TWO: Position(0)}) is None
    assert probe.answer({ONE: Position(1), TWO: Position(0)}) == START


async def test_point7_the_next_question_is_asked_when_the_answer_was_used_and_not_too_soon() -> None:
    clock, log = ManualClock(START), MemoryLog()
    read = {ONE: Position(0)}
    probe = Probe(log, clock, [ONE], each=0.25)
    await probe.ask(busy=True)
    clock.advance(1)
    await probe.ask(busy=True)
    assert probe.answer(read) == START
    probe.used()
    assert probe.answer(read) is None
    await probe.ask(busy=True)
    assert probe.answer(read) == START + timedelta(seconds=1)
    probe.used()
    clock.advance(0.1)
    await probe.ask(busy=True)
    assert probe.answer(read) is None


async def test_point7_at_rest_a_question_is_asked_when_a_second_of_business_time_has_passed() -> None:
    clock, log = ManualClock(START), MemoryLog()
    read = {ONE: Position(0)}
    probe = Probe(log, clock, [ONE], each=0.25)
    await probe.ask(busy=False)
    assert probe.answer(read) == START, "the first at once"
    probe.used()
    clock.advance(0.5)
    await probe.ask(busy=False)
    assert probe.answer(read) is None, "nobody waits for half a second"
    clock.advance(0.5)
    await probe.ask(busy=False)
    assert probe.answer(read) == START + timedelta(seconds=1)
