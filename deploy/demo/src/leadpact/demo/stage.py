"""The empty system set up for the story: a state directory and a business clock of its own, services, cast and past."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from leadpact.demo import cast, past
from leadpact.demo.courier import Courier
from leadpact.demo.history import Simulator, numbered
from leadpact.demo.pace import Pace, pace
from leadpact.demo.story import Story
from leadpact.embedded import postgres
from leadpact.kit import clock
from leadpact.local import runner
from leadpact.local.client import Api, administrator, api
from leadpact.local.errors import AlreadyUp, NotUp
from leadpact.local.state import Running, State

_SET_UP = timedelta(minutes=55)
"""How long before the story the business clock begins, so that setting up is over by then."""
_PAST_ARRIVES_WITHIN = 240.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be played."""

    story: Story
    seed: int
    days: int


@dataclass(slots=True)
class Times:
    """Seconds by phase, each said when it ends."""

    say: Callable[[str, float], None]
    began: float = field(default_factory=monotonic)
    seconds: dict[str, float] = field(default_factory=dict)

    def total(self) -> float:
        """Seconds since the beginning."""
        return monotonic() - self.began

    def note(self, what: str, seconds: float) -> None:
        """A phase took so long."""
        self.seconds[what] = round(seconds, 2)
        self.say(what, seconds)

    @contextmanager
    def phase(self, what: str) -> Iterator[None]:
        """Time a phase."""
        began = monotonic()
        yield
        self.note(what, monotonic() - began)


@dataclass(frozen=True, slots=True)
class Stage:
    """The system that waits for the story to begin: `api` is the administrator's, `senders` that of who delivers."""

    running: Running
    api: Api
    senders: Api
    courier: Courier
    pace: Pace


@asynccontextmanager
async def stage(state: State, wanted: Wanted, times: Times) -> AsyncIterator[Stage]:
    """Set up; all ends with the context. Raises `AlreadyUp`, or what the runner, the API and the pace raise."""
    story = wanted.story
    empty(state)
    state.path.mkdir(parents=True, exist_ok=True)
    clock.create(state.clock, story.begin - _SET_UP)
    async with AsyncExitStack() as stack:
        now = await stack.enter_async_context(runner.running(state, runner.Options(), times.note))
        admin = await stack.enter_async_context(administrator(state))
        with times.phase("sources, keys, the signed agreement"):
            known = await cast.gather(state, admin, story)
        senders = await stack.enter_async_context(api(now.url, known.key))
        await cast.staff(senders, story)
        watching = await stack.enter_async_context(pace(state))
        if wanted.days:
            with times.phase(f"{wanted.days} days of history"):
                await _past(senders, wanted, watching)
        watching.step(story.begin)
        yield Stage(now, admin, senders, Courier(senders, now.url, known.secrets), watching)


def empty(state: State) -> None:
    """Forget what an earlier demo left, but for what was downloaded; raises `AlreadyUp`."""
    with suppress(NotUp):
        raise AlreadyUp(f"the demo of process {state.running().pid} runs already")
    if not state.path.exists():
        return
    postgres.remove(state.path)
    for entry in state.path.iterdir():
        if entry.is_dir() and entry.name != "cache":
            shutil.rmtree(entry)
        elif not entry.is_dir():
            entry.unlink()


async def _past(senders: Api, wanted: Wanted, watching: Pace) -> None:
    story = wanted.story
    simulator = Simulator(wanted.seed, ZoneInfo(story.zone), story.reps)
    items = numbered(list(simulator.days(watching.clock.business(), wanted.days)), wanted.seed)
    await past.load(senders, items)
    watching.happened()
    await watching.shown(_PAST_ARRIVES_WITHIN)
