"""The proxy between services and what they stand on: what it does to bytes, by the weather."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from leadpact.chaos.proxy import Proxy, Weather


class Line:
    """A connection through a proxy to a server that says back what it hears."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy

    async def say(self, text: bytes, within: float = 2.0) -> bytes | None:
        """What comes back on a new connection: None for nothing in time, what came until its end otherwise."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)
        writer.write(text)
        try:
            async with asyncio.timeout(within):
                return await reader.read(len(text))
        except TimeoutError:
            return None
        except ConnectionError:
            return b""
        finally:
            writer.transport.abort()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1_000):
                writer.write(data)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    proxy = Proxy()
    await proxy.open()
    proxy.target = server.sockets[0].getsockname()[1]
    yield Line(proxy)
    await proxy.close()
    server.close()


async def test_in_clear_weather_bytes_pass(line: Line) -> None:
    assert await line.say(b"hello") == b"hello"


@pytest.mark.parametrize("weather", [Weather.SLOW, Weather.THROTTLED])
async def test_slow_is_not_lost(line: Line, weather: Weather) -> None:
    line.proxy.change(weather)
    assert await line.say(b"hello", within=5) == b"hello"


@pytest.mark.parametrize("weather", [Weather.BLACK_HOLE, Weather.HALF_OPEN])
async def test_what_is_held_back_is_lost_with_its_connection_when_it_clears(line: Line, weather: Weather) -> None:
    line.proxy.change(weather)
    asked = asyncio.create_task(line.say(b"hello", within=5))
    assert await line.say(b"hello", within=0.2) is None
    assert not asked.done()
    line.proxy.change(Weather.CLEAR)
    assert await asked == b""
    assert await line.say(b"again") == b"again"


async def test_a_cut_leaves_half_of_it(line: Line) -> None:
    line.proxy.change(Weather.CUTTING)
    assert await line.say(b"hello hello") in (b"", b"he")  # half of what was said, half of that answered
    line.proxy.change(Weather.CLEAR)
    assert await line.say(b"again") == b"again"


async def test_a_reset_ends_every_connection(line: Line) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", line.proxy.port)
    writer.write(b"hello")
    assert await reader.read(5) == b"hello"
    line.proxy.reset()
    with suppress(ConnectionError):
        assert await reader.read(5) == b""
    writer.transport.abort()


async def test_nobody_behind_it_is_nobody(line: Line) -> None:
    line.proxy.target = 1
    assert await line.say(b"hello") == b""
