"""A run: an installation on parts of its own, deliveries, faults, calm, and then the question whether all is right."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
from psutil import virtual_memory

from leadpact.chaos.back import all_back
from leadpact.chaos.compare import compared
from leadpact.chaos.errors import NoDisk
from leadpact.chaos.faults import Faults
from leadpact.chaos.installing import installation
from leadpact.chaos.ledger import Ledger
from leadpact.chaos.letters import AT, REPS, SOURCE
from leadpact.chaos.load import Load
from leadpact.chaos.parts import Parts
from leadpact.chaos.proof import aside, clean, fenced, lacking, lasts, seen
from leadpact.chaos.rolling import Rolling, noticed
from leadpact.chaos.room import room
from leadpact.kit.clock import SystemClock
from leadpact.kit.settings import Settings
from leadpact.kit.tasks import ended
from leadpact.local.bench import stand
from leadpact.local.bench.agreeing import agree
from leadpact.local.client import COMMANDS, administrator
from leadpact.local.errors import LocalError
from leadpact.local.state import Running, State
from leadpact.verify.installation import SERVICES, Addresses, told, verify

Say = Callable[[str], None]
_AGREEMENT = Path(__file__).with_name("chaos.yaml")
_REPS = [{"id": name, "name": name.title(), "mail": f"{name}@sales.example"} for name in REPS]
_MEGABYTE = 1_000_000
_WARM = 3.0  # seconds of load before the first fault
_MORE_WITHIN = 30.0
_HANDLED_WITHIN = 600.0
_PATIENCE = 10.0  # seconds for an answer, then it is sent again
_PATIENCE_ROLLING = 30.0  # the only web process needs a while to start on a busy machine
_KEPT = 2.0  # seconds that an idle connection to the door is kept


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a run is to be: `seconds` of faults under load at `rate` deliveries a second, `workers` per service, so many
    `brokers` in a cluster, each server's data on a disk of so many `megabytes` (0: wherever they are, None: as needed).

    It lasts up to twice as long when something that must be seen was not yet. `rolling`: nothing breaks, processes are
    only restarted.
    """

    seconds: float
    rate: float
    seed: int
    workers: int
    brokers: int
    megabytes: int | None
    rolling: bool


async def run(state: State, wanted: Wanted, say: Say) -> dict[str, Any]:
    """Play it; returns the figures, `clean` among them. Raises `NotReady`, an `EmbeddedError`."""
    parts = Parts(state.path, wanted.brokers)
    try:
        _mount(parts, wanted, say)
        await parts.start()
        with installation(state, parts, wanted.workers) as runner:
            running = await stand.up(state, runner)
            with closing(Ledger(state.path / "ledger.sqlite")) as ledger:
                return await _play(state, running, parts, wanted, ledger, say)
    finally:
        await parts.stop()


def _mount(parts: Parts, wanted: Wanted, say: Say) -> None:
    """Give them small disks where that is allowed and memory has room, and say so where not."""
    megabytes = wanted.megabytes
    try:
        if megabytes is None:
            megabytes = room(wanted.seconds * wanted.rate, wanted.brokers, virtual_memory().available // _MEGABYTE)
        if megabytes:
            parts.mount(megabytes)
    except NoDisk as error:
        say(f"SKIPPED: no disk will be full, for none can be mounted here: {error}")


async def _play(
    state: State, running: Running, parts: Parts, wanted: Wanted, ledger: Ledger, say: Say
) -> dict[str, Any]:
    async with administrator(state) as api:
        await agree(state, api, _AGREEMENT.stem, _AGREEMENT.read_bytes())
        await api.post("/v1/sources", SOURCE)
        await api.post(COMMANDS, {"command": "roster", "team": "inbound", "reps": _REPS, "reason": "chaos"})
    headers = {"Authorization": f"Bearer {state.admin_key.read_text().strip()}"}
    began = monotonic()

    def tell(what: str) -> None:
        say(f"{monotonic() - began:6.1f} s  {what}")

    def lacks() -> list[str]:
        return lacking(seen(faults.kinds, fenced(state.logs))) if isinstance(faults, Faults) else []

    faults = Rolling(state, tell) if wanted.rolling else Faults(state, parts, wanted.seed, tell)
    patience = _PATIENCE_ROLLING if wanted.rolling else _PATIENCE
    async with aiohttp.ClientSession(
        running.url,
        headers=headers,
        timeout=aiohttp.ClientTimeout(patience),
        connector=aiohttp.TCPConnector(keepalive_timeout=_KEPT),
    ) as http:
        load = Load(http, ledger, wanted.rate, wanted.seed, SystemClock().business())
        calm = asyncio.Event()
        sending = asyncio.create_task(load.run(_WARM + wanted.seconds, calm))
        await asyncio.sleep(_WARM)
        breaking = asyncio.create_task(faults.run(calm))
        lasting = asyncio.create_task(lasts(wanted.seconds, lacks, tell))
        try:
            done, _ = await asyncio.wait({lasting, sending, breaking}, return_when=asyncio.FIRST_COMPLETED)
            calm.set()
            for task in done:
                task.result()
            await breaking
            say(f"{monotonic() - began:6.1f} s  calm; {ledger.unanswered} deliveries wait for an answer")
            await _answered(sending, ledger)
        finally:
            await ended(lasting, sending, breaking)
    return await _judged(state, wanted, faults, ledger, say) | {"megabytes": parts.filled()}


async def _answered(sending: "asyncio.Task[None]", ledger: Ledger) -> None:
    """Wait until each delivery has its answer, for as long as more of them get one."""
    waiting = ledger.unanswered + 1
    while not sending.done() and ledger.unanswered < waiting:
        waiting = ledger.unanswered
        await asyncio.wait({sending}, timeout=_MORE_WITHIN)
    if not sending.done():
        answers = dict(ledger.answers)
        raise LocalError(
            f"{waiting} deliveries wait in calm, and none got an answer for {_MORE_WITHIN:.0f} s: {answers}"
        )
    sending.result()


async def _judged(state: State, wanted: Wanted, faults: Faults | Rolling, ledger: Ledger, say: Say) -> dict[str, Any]:
    settings = Settings.model_validate(state.running().settings)
    dsns = {schema: settings.dsn(schema) for schema in SERVICES}
    began = monotonic()
    say("waiting until every process is back and all is handled, then verifying")
    await all_back(state)
    pages = [f"{each.url}/metrics" for each in state.running().processes]
    where = Addresses(settings.kafka, settings.topic_prefix, dsns, sorted(state.logs.glob("*")), pages)
    canaries = (AT, *SOURCE["secrets"], state.admin_key.read_text().strip())
    found = told(await verify(where, lambda *_: None, _HANDLED_WITHIN, canaries), monotonic() - began)
    wrong = await compared(ledger, settings.kafka, settings.topic_prefix, settings.dsn("intake"))
    if wanted.rolling:
        wrong += noticed(ledger)
    unhandled, set_aside = found["figures"]["not quiet"], aside(found["figures"])
    fences, returns = fenced(state.logs), found["figures"].get("returns", 0)
    kinds = {} if isinstance(faults, Rolling) else faults.kinds
    lacks = [] if wanted.rolling else lacking(seen(kinds, fences) | {"closing went round": returns})
    answer: dict[str, Any] = {
        "seed": wanted.seed,
        "seconds": wanted.seconds,
        "rate": wanted.rate,
        "workers": wanted.workers,
        "brokers": wanted.brokers,
        "rolling": wanted.rolling,
        "deliveries": ledger.letters,
        "accepted": ledger.accepted,
        "poisoned": ledger.poisoned,
        "answers": dict(ledger.answers),
        "faults": dict(sorted(faults.done.items())),
        "kinds": dict(kinds),
        "stalled_at": {} if isinstance(faults, Rolling) else dict(sorted(faults.stalled_at.items())),
        "restarts": {each.name: each.restarts for each in state.running().processes},
        "fenced": fences,
        "returns": returns,
        "lacks": lacks,
        "ledger": wrong,
        "unhandled": unhandled,
        "set_aside": set_aside,
        "verify": found,
    }
    return answer | {"clean": clean(answer)}
