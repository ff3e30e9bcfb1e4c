"""Looking into the state of the decider: what the APIs show is what the next decision will see."""

from collections.abc import Mapping

import asyncpg

from leadpact.contracts.events.promises import PromiseJudged
from leadpact.contracts.topics import CONTROL_KEY, partition
from leadpact.sla_monitor import judge
from leadpact.sla_monitor.domain import counters
from leadpact.sla_monitor.domain.control import Control
from leadpact.sla_monitor.domain.counters import Turn
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.sla_monitor.domain.state import Lead
from leadpact.sla_monitor.judge import book

_CELL = "select data from cell where consumer = $1 and slot = $2 and key = $3"
_BOOKS = "select data from cell where consumer = $1 order by key"
_SHARED = "select data from shared where name = $1"
_ANY_SLOT = 0  # control records go to every partition


async def lead(pool: asyncpg.Pool, id_: str) -> Lead | None:
    """The state of a lead, if the sla-monitor ever heard of it."""
    decider = SlaMonitor()
    raw = await pool.fetchval(_CELL, decider.consumer, partition(id_, decider.input.partitions), id_)
    return decider.load(raw) if raw else None


async def control(pool: asyncpg.Pool) -> Control:
    """Agreements, rosters and leave as the first partition knows them."""
    decider = SlaMonitor()
    raw = await pool.fetchval(_CELL, decider.consumer, _ANY_SLOT, CONTROL_KEY)
    return decider.load_control(raw) if raw else decider.initial_control()


async def promises(pool: asyncpg.Pool) -> list[PromiseJudged]:
    """The standing verdicts on promises over many leads, the latest period of each promise first."""
    books = [book(row["data"]) for row in await pool.fetch(_BOOKS, judge.CONSUMER)]
    return [verdict for each in books for _, verdict in sorted(each.items(), reverse=True)]


async def turns(pool: asyncpg.Pool, team: str) -> Mapping[str, Turn]:
    """The round robin's counters of a team."""
    return counters.load(await pool.fetchval(_SHARED, counters.row(team)))
