"""The story before your eyes: the business clock runs fast, the wall moves, until somebody presses Ctrl-C."""

import asyncio
import os
import signal
import sys
import webbrowser
from contextlib import suppress
from shlex import quote
from zoneinfo import ZoneInfo

from leadpact.demo.effects import Effects
from leadpact.demo.history import Item, Simulator, numbered
from leadpact.demo.people import People
from leadpact.demo.player import Player, Tell, crowd
from leadpact.demo.script import cues
from leadpact.demo.stage import Stage, Times, Wanted, stage
from leadpact.kit import clock
from leadpact.local.errors import LocalError
from leadpact.local.show import say
from leadpact.local.starting import urls
from leadpact.local.state import VARIABLE, State

_CROWD = 50_000
"""Where the numbers of those begin who come during the story, so that they are nobody of the history."""


async def live(state: State, wanted: Wanted, times: Times, speed: float | None, tell: Tell, *, browser: bool) -> None:
    """Set up, play at `speed` business seconds a second (None: not at all), and stay up until asked to end."""
    this = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, this.cancel if this else sys.exit)
    ending = 0.0
    with suppress(asyncio.CancelledError):
        async with stage(state, wanted, times) as set_up:
            try:
                await _show(set_up, state, wanted, times, speed, tell, browser=browser)
            finally:
                ending = times.total()
    if ending:
        times.note("down", times.total() - ending)
    else:
        say("stopped")


async def _show(
    set_up: Stage, state: State, wanted: Wanted, times: Times, speed: float | None, tell: Tell, *, browser: bool
) -> None:
    times.note("ready", times.total())
    say("")
    _addresses(set_up, state)
    say("Ctrl-C ends it all")
    if browser and _display():
        webbrowser.open(f"{set_up.running.url}/wall")
    if speed is not None:
        await _play(set_up, state, wanted, speed, tell)
        say("")
        _addresses(set_up, state)
        say("the story is over; the clock goes on until Ctrl-C")
    await asyncio.Event().wait()


def _addresses(set_up: Stage, state: State) -> None:
    urls(set_up.running, state)
    say(f"ask it      {VARIABLE}={quote(str(state.path))} leadpact status   (doctor, logs, agreement list …)")


async def _play(set_up: Stage, state: State, wanted: Wanted, speed: float, tell: Tell) -> None:
    story = wanted.story
    clock.create(state.clock, story.begin, speed)
    people = People(set_up.api, story)
    try:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(Effects(people, story, set_up.running.url).watch(set_up.pace.clock))
            player = Player(set_up.courier, people, tell)
            acting = [
                tasks.create_task(player.live(cues(story), set_up.pace.clock)),
                tasks.create_task(crowd(set_up.senders, _crowd(wanted), set_up.pace.clock)),
            ]
            await asyncio.wait(acting)
            watching.cancel()
    except* LocalError as failed:
        raise failed.exceptions[0] from failed


def _crowd(wanted: Wanted) -> list[Item]:
    """What everybody else does while the story goes on; who is away in the story does nothing here either."""
    story = wanted.story
    reps = tuple(rep for rep in story.reps if rep.id not in story.never_owner)
    others = Simulator(wanted.seed + 1, ZoneInfo(story.zone), reps, first=_CROWD)
    items = others.days(story.end, (story.end - story.begin).days + 1)
    return [item for item in numbered(list(items), wanted.seed + 1) if item.at >= story.begin]


def _display() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
