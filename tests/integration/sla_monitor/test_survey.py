"""What waits in the sla-monitor, as its gauges say."""

import asyncpg

from leadpact.kit.metrics import Metrics
from leadpact.kit.migrate import migrate
from leadpact.sla_monitor.metrics import CATALOGUE, survey
from leadpact.testkit.installation import Installation


async def test_r42_mail_that_waits_and_mail_that_was_given_up_are_counted_apart(installation: Installation) -> None:
    dsn, metrics = installation.dsn("sla_monitor"), Metrics(*CATALOGUE)
    await migrate(dsn, "leadpact.kit.migrations")
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        await pool.executemany(
            "insert into effect (id, kind, payload, state) values ($1, 'mail', '{}', $2)",
            [("a", "held"), ("b", "given_up"), ("c", "given_up"), ("d", "sent")],
        )
        await survey(pool, metrics)
    told = metrics.expose().decode()
    assert "leadpact_mails_held 1.0" in told
    assert "leadpact_mails_given_up 2.0" in told
