"""Partitions that several processes judge come to what one process finds; without all of them there is no result."""

import asyncio
import socket
from multiprocessing import active_children
from time import monotonic

import pytest

from leadpact.contracts.topics import LEADS, QUALIFICATION, SLA
from leadpact.verify.errors import Died, Unreachable
from leadpact.verify.findings import Check
from leadpact.verify.log import KafkaLog, Span
from leadpact.verify.partition import Job
from leadpact.verify.processes import Processes, fitting
from leadpact.verify.scratch import Scratch
from leadpact.verify.streams import Place
from leadpact.verify.wire import EPOCH
from tests.unit.verify.recorded import Recorded
from tests.unit.verify.travelling import Travelling

_EMPTY = {Place(topic, 0): Span(0, 0) for topic in (LEADS.name, QUALIFICATION.name, SLA.name, "returns")}
_BY_THEMSELVES = 8  # seconds after which a process that hears nothing would end without us
_JOB = Job(0, _EMPTY, {}, 0, EPOCH, EPOCH, quiet=True, canaries=())


def test_two_processes_find_what_one_finds(week: Recorded) -> None:
    """Each salts `hash` in its own way: what is compared across partitions must not rest on it."""
    for type_ in ("lead.captured", "lead.touched"):
        week.say(*week.find(LEADS.name, type_), source="elsewhere")
    place, index = week.find(LEADS.name, "agreement.in_force", 3)
    week.change(place, index, correlation="another")
    week.rows.pop()
    by_two = week.verified(judging=Processes(Travelling(week.topics), 2))
    assert by_two == week.verified()
    assert {Check.EVENTS, Check.READ_MODELS} <= by_two.totals.keys()
    assert not active_children()


def test_a_process_that_is_killed_is_an_error() -> None:
    async def killed(address: str) -> None:
        with Scratch() as scratch:
            async with asyncio.timeout(30), Processes(KafkaLog(address), 1)([_JOB], scratch, lambda _: None):
                (child,) = active_children()
                child.kill()
                await asyncio.Event().wait()  # whatever else is under way

    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        port = silent.getsockname()[1]
        with pytest.raises(Died, match=r"exit code -9.*partition 0; nothing is verified"):
            asyncio.run(killed(f"127.0.0.1:{port}"))
    assert not active_children()


def test_a_process_that_cannot_read_says_why() -> None:
    async def unreachable(address: str) -> None:
        with Scratch() as scratch:
            async with Processes(KafkaLog(address), 1)([_JOB], scratch, lambda _: None) as ended:
                await ended()

    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Unreachable, match="does not answer"):
        asyncio.run(unreachable(f"127.0.0.1:{port}"))
    assert not active_children()


def test_giving_up_ends_the_processes() -> None:
    async def given_up(address: str) -> None:
        with Scratch() as scratch:
            async with Processes(KafkaLog(address), 1)([_JOB], scratch, lambda _: None):
                raise KeyboardInterrupt

    began = monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(KeyboardInterrupt):
        asyncio.run(given_up(f"127.0.0.1:{silent.getsockname()[1]}"))
    assert not active_children()
    assert monotonic() - began < _BY_THEMSELVES


def test_a_small_log_needs_one_process_and_no_log_more_than_there_are_partitions() -> None:
    assert fitting(19_999, 8) == 1
    assert fitting(1 << 40, 1) == 1
