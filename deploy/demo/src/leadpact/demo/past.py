"""The past of the team, brought into the empty system as a backfill (rule 43)."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any

from leadpact.demo.courier import WEBSITE
from leadpact.demo.history import Item
from leadpact.local.client import Api
from leadpact.local.errors import Refused
from leadpact.local.show import progress

LANE = "past"
BATCH = 1_000
_HEADERS = {"Content-Type": "application/json", "X-Leadpact-Backfill": LANE}
_TICK = 0.2


async def load(api: Api, items: Sequence[Item]) -> None:
    """Deliver the items on a lane, close it, and wait until all of it has been released."""
    with progress("history sent", len(items)) as bar:
        done = 0
        for path, bodies in batches(items):
            await api.send(f"{path}?source={WEBSITE}", json.dumps(bodies).encode(), _HEADERS)
            done += len(bodies)
            bar(done, "delivering")
    await api.post("/v1/commands", {"command": "backfill.close", "lane": LANE})
    with progress("history released", len(items)) as bar:
        while (came := await _came(api))["state"] != "done":
            bar(came["released"], came["state"])
            await asyncio.sleep(_TICK)
        bar(came["released"], came["state"])


async def _came(api: Api) -> dict[str, Any]:
    """How far the lane has come; intake does not know of it before it has read the first delivery."""
    try:
        return dict(await api.get(f"/v1/imports/{LANE}"))
    except Refused as refused:
        if refused.status != HTTPStatus.NOT_FOUND:
            raise
        return {"released": 0, "state": "delivered"}


def batches(items: Iterable[Item]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Items by endpoint in deliveries of at most 1,000; their order among each other is the lane's business."""
    by_path: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        by_path.setdefault(item.path, []).append(item.body)
    for path, bodies in by_path.items():
        for start in range(0, len(bodies), BATCH):
            yield path, bodies[start : start + BATCH]
