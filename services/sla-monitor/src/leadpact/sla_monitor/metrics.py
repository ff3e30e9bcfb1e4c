"""What waits in the sla-monitor, counted in its own tables now and then."""

import asyncpg

from leadpact.kit.metrics import Gauge, Metrics

CLOCKS = Gauge("leadpact_clocks_running", "Promises of sales that run, in all partitions.")
WAITING = Gauge("leadpact_leads_waiting", "Leads that wait for an owner, in all partitions.")
MAILS = Gauge("leadpact_mails_held", "Mails that are not sent yet.")
REFUSED = Gauge("leadpact_mails_given_up", "Mails whose recipient the mail server refuses for good.")

CATALOGUE = (CLOCKS, WAITING, MAILS, REFUSED)

# every running clock has one timer for its due, every waiting lead one for its next try
_COUNTS = """
select count(*) filter (where name like 'due:%') as clocks,
       count(*) filter (where name like 'route:%') as waiting,
       (select count(*) from effect where state = 'held') as mails,
       (select count(*) from effect where state = 'given_up') as refused
from timer where consumer = 'sla-monitor'
"""


async def survey(pool: asyncpg.Pool, metrics: Metrics) -> None:
    """Set the gauges; raises as asyncpg does."""
    row = await pool.fetchrow(_COUNTS)
    if row is not None:
        metrics.set(CLOCKS, row["clocks"])
        metrics.set(WAITING, row["waiting"])
        metrics.set(MAILS, row["mails"])
        metrics.set(REFUSED, row["refused"])
