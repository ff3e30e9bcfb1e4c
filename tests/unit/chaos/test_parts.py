"""Servers of a run: found at their proxy, killed and started again in the same place, and helped up when they fell."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from leadpact.chaos.parts import Part, Recipe, Server
from leadpact.embedded import process
from leadpact.embedded.places import free_port
from leadpact.local.state import program
from leadpact.testkit.eventually import eventually

ECHO = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
    while True:
        with door.accept()[0] as client:
            client.sendall(client.recv(100))
"""


async def heard(address: str) -> bytes:
    """What comes back on a connection of one's own; nothing if nobody is there."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(b"hello")
        return await reader.read(100)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def answers(address: str) -> bool:
    try:
        return asyncio.run(heard(address)) == b"hello"
    except ConnectionError:
        return False


@dataclass(slots=True)
class Echo:
    """A part that says back what it hears, and the servers it has been so far."""

    part: Part
    servers: list[Server]


@pytest.fixture
async def echo(tmp_path: Path) -> AsyncIterator[Echo]:
    servers: list[Server] = []

    def start(_advertised: int) -> Server:
        port = free_port()
        command = [sys.executable, "-c", ECHO, f"{port}"]
        servers.append(Server(f"127.0.0.1:{port}", process.start("echo", command, log=tmp_path / "log")))
        return servers[-1]

    part = Part(Recipe(start, answers, signal.SIGKILL, tmp_path))
    await part.proxy.open()
    await part.start()
    await eventually(lambda: heard(part.address), within=10)
    yield Echo(part, servers)
    await part.stop()


async def test_it_dies_and_comes_back_where_it_is_found(echo: Echo) -> None:
    address = echo.part.address
    await echo.part.kill()
    assert await heard(address) == b""
    await echo.part.start()
    assert echo.part.address == address
    assert await eventually(lambda: heard(address), within=10) == b"hello"


async def test_what_ended_by_itself_is_started_again(echo: Echo) -> None:
    program(echo.servers[0].process.pid).kill()
    await echo.part.recover()
    assert len(echo.servers) == 2
    assert await heard(echo.part.address) == b"hello"


async def test_what_still_answers_is_left_alone(echo: Echo) -> None:
    await echo.part.recover()
    assert len(echo.servers) == 1
