"""A TCP proxy that spoils the network on purpose: it delays, holds back, throttles, cuts in mid-frame, resets."""

import asyncio
from contextlib import suppress
from enum import StrEnum

_CHUNK = 65_536
_DELAY = 0.2  # seconds, each piece
_TRICKLE = 32_768  # bytes a second


class Weather(StrEnum):
    """What the network is like."""

    CLEAR = "clear"
    SLOW = "slow"
    BLACK_HOLE = "black_hole"  # nothing comes through, and nobody is told
    HALF_OPEN = "half_open"  # requests come through, answers do not
    THROTTLED = "throttled"
    CUTTING = "cutting"  # the next piece of each connection ends in its middle


class Proxy:
    """Passes bytes on between who connects to `port` and a port of this machine, `target`; 0 answers nobody."""

    def __init__(self) -> None:
        self.target = 0
        self._weather = Weather.CLEAR
        self._cleared = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._held: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None  # noqa: S101 - opened first
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def open(self) -> None:
        """Listen, on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def close(self) -> None:
        """Let go of everything."""
        if self._server is not None:
            self._server.close()
        self.change(Weather.CLEAR)
        self.reset()
        await asyncio.sleep(0)

    def change(self, weather: Weather) -> None:
        """From now on it is like this. What was held back meanwhile is lost with its connection."""
        self._weather = weather
        if weather is not Weather.CLEAR:
            self._cleared.clear()
            return
        for writer in self._held:
            writer.transport.abort()
        self._held.clear()
        self._cleared.set()

    def reset(self) -> None:
        """End every connection at once."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            to_client.transport.abort()
            return
        ends = (to_client, to_server)
        self._open |= set(ends)
        passing = {
            asyncio.create_task(self._pass(client, to_server, ends, answers=False)),
            asyncio.create_task(self._pass(server, to_client, ends, answers=True)),
        }
        await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        for task in passing:
            task.cancel()
        await asyncio.wait(passing)
        for writer in ends:
            writer.transport.abort()
        self._open -= set(ends)
        self._held -= set(ends)

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        ends: tuple[asyncio.StreamWriter, ...],
        *,
        answers: bool,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                match self._weather:
                    case Weather.BLACK_HOLE:
                        await self._hold(ends)
                    case Weather.HALF_OPEN if answers:
                        await self._hold(ends)
                    case Weather.SLOW:
                        await asyncio.sleep(_DELAY)
                    case Weather.THROTTLED:
                        await asyncio.sleep(len(data) / _TRICKLE)
                    case Weather.CUTTING:
                        writer.write(data[: len(data) // 2])
                        await writer.drain()
                        return
                    case _:
                        pass
                writer.write(data)
                await writer.drain()

    async def _hold(self, ends: tuple[asyncio.StreamWriter, ...]) -> None:
        self._held |= set(ends)
        await self._cleared.wait()
