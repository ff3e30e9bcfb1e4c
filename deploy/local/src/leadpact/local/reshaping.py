"""State that other code laid out is rebuilt before the workers of this code start: nobody else works here by then."""

from collections.abc import Callable
from time import monotonic

from leadpact.kit.kafka import KafkaLog
from leadpact.kit.roles import rebuilder
from leadpact.kit.settings import Settings
from leadpact.local.services import SERVICES


async def reshape(settings: Settings, say: Callable[[str, float], None]) -> None:
    """Bring every service's state to the shape that this code reads; `say` hears of those that were not.

    Raises `Unbuildable`, `Unavailable`.
    """
    log = KafkaLog(settings.kafka, settings.topic_prefix)
    try:
        for service in SERVICES:
            began, dsn = monotonic(), settings.dsn(rebuilder(service.schema))
            if await service.rebuilds.outdated(dsn):
                await service.rebuilds.rebuild(dsn, log, check=False, tell=lambda *_: None)
                say(f"state of {service.name} in its new shape", monotonic() - began)
    finally:
        await log.close()
