"""The service as a process on a real Kafka and a real PostgreSQL: decides, answers, sends mail, stops when asked."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import asyncpg
import httpx
import msgspec
from aiosmtpd.handlers import Message as Taking
from aiosmtpd.smtp import SMTP

from leadpact.calendar import resolve, to_dict
from leadpact.contracts import envelope as wire
from leadpact.contracts.agreement import Response, Unit
from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.contracts.events.control import InForce, RosterChanged
from leadpact.contracts.registry import read
from leadpact.contracts.topics import LEADS, MARKS, PROMISES, QUALIFICATION, SLA, partition
from leadpact.kit.access import Keys, Role, Scope
from leadpact.kit.decider import Fact
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.migrate import migrate
from leadpact.kit.rows import Message, Stream
from leadpact.testkit.eventually import eventually
from leadpact.testkit.installation import Installation
from tests.unit.sla_monitor.world import ANN, TEAM, World, promising

LEAD = "lead-1"
NUMBER = partition(LEAD)
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ("00:00-24:00",))
ALWAYS = resolve("UTC", WEEK, first=date(2020, 1, 1), last=date(2099, 12, 31))
AGREEMENT = msgspec.structs.replace(
    promising(Response(3600, Unit.ELAPSED, escalate_to=("boss@us.example",))),
    calendar=dict(to_dict(ALWAYS)),
    zone="UTC",
)
NOW = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - the process under test lives by the real clock
LATER = (NOW.replace(day=1) + timedelta(days=31)).replace(day=1, hour=3)
"""In the next month."""
WITHIN = 30.0


class Taken(Taking):
    """Keeps the receivers of what an SMTP server took."""

    def __init__(self) -> None:
        super().__init__()
        self.to: list[str] = []

    def handle_message(self, message: object) -> None:
        self.to.append(str(message["To"]))  # type: ignore[index]  # the library's own type is wider


class Input:
    """A partition of the qualifier's, this lead's if not said otherwise, written by hand with sequences."""

    def __init__(self, log: KafkaLog, number: int = NUMBER) -> None:
        self._log = log
        self._stream = Stream(QUALIFICATION.name, number)
        self._sequence = 0

    async def write(self, *facts: Fact) -> None:
        messages = []
        for fact in facts:
            self._sequence += 1
            messages.append(Message(fact.envelope.lead.encode(), wire.encode(fact.envelope), self._sequence))
        await self._log.publish(self._stream, messages)


@asynccontextmanager
async def serving(environment: dict[str, str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The service in a process of its own, ready, at a socket that is handed to it; ended by SIGTERM."""
    with socket.create_server(("127.0.0.1", 0)) as handed:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "leadpact.sla_monitor", "--role", "all"),
            env={**environment, "LEADPACT_LISTENING": str(handed.fileno())},
            pass_fds=[handed.fileno()],
        )
        url = f"http://127.0.0.1:{handed.getsockname()[1]}"

    async def ready() -> bool:
        assert process.returncode is None
        async with httpx.AsyncClient() as client:
            try:
                return (await client.get(f"{url}/readyz")).status_code == 200
            except httpx.TransportError:
                return False

    try:
        await eventually(ready, within=WITHIN)
        yield process, url
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), WITHIN)


async def test_the_service_decides_answers_and_warns(installation: Installation, kafka: str, topic_prefix: str) -> None:
    taken = Taken()
    post = await asyncio.get_running_loop().create_server(lambda: SMTP(taken), "127.0.0.1", 0)
    log = KafkaLog(kafka, topic_prefix)
    await log.ensure([LEADS, QUALIFICATION, SLA, MARKS])
    await migrate(installation.dsn("access"), "leadpact.kit.access.migrations")
    async with asyncpg.create_pool(installation.dsn("access"), min_size=1, max_size=1) as pool:
        actor = Actor("ann", ActorKind.HUMAN)
        key = await Keys(pool).create(actor, "Ann", roles={Role.VIEWER}, scopes={Scope.READ}, now=NOW)
    environment = {
        **os.environ,
        "LEADPACT_KAFKA": kafka,
        "LEADPACT_POSTGRES": installation.admin_dsn,
        "LEADPACT_MASTER_KEY": installation.master.hex(),
        "LEADPACT_TOPIC_PREFIX": topic_prefix,
        "LEADPACT_MAIL_HOST": "127.0.0.1",
        "LEADPACT_MAIL_PORT": str(post.sockets[0].getsockname()[1]),
    }
    world, given = World(), Input(log)
    start = [
        world.facts(InForce(control=1, agreement=AGREEMENT, hash="h"), at=NOW),
        world.facts(RosterChanged(control=2, team=TEAM, reps=(ANN,), reason="tests"), at=NOW),
    ]
    try:
        async with serving(environment) as (process, url), httpx.AsyncClient(base_url=url, timeout=10) as client:
            client.headers["authorization"] = f"Bearer {key.text}"
            await given.write(*start, world.mql(NOW))

            async def owned() -> bool:
                answer = await client.get(f"/v1/clocks/{LEAD}")
                return answer.status_code == 200 and answer.json()["engagements"][0]["owner"] == "ann"

            await eventually(owned, within=WITHIN)
            team = (await client.get(f"/v1/teams/{TEAM}")).json()
            assert [(rep["rep"], rep["load"]) for rep in team["reps"]] == [("ann", 1)]

            later = RosterChanged(control=3, team=TEAM, reps=(ANN,), reason="time passes")
            after = world.facts(later, at=NOW + timedelta(hours=2))
            await given.write(after)

            async def missed() -> dict[str, str]:
                (run,) = (await client.get(f"/v1/clocks/{LEAD}")).json()["engagements"]
                verdicts = {clock["kind"]: clock["verdict"] for clock in run["clocks"]}
                assert verdicts["first_response"] == "missed"
                return verdicts

            assert await eventually(missed, within=WITHIN) == {
                "routing": "met",
                "first_response": "missed",
                "cadence": "pending",
            }
            await eventually(lambda: "boss@us.example" in taken.to, within=WITHIN)
            assert set(taken.to) == {"ann@us.example", "boss@us.example"}

            await _a_month_ends(client, log, given, [*start, after])

            assert (await client.get("/v1/clocks/nobody")).status_code == 404
            assert (await client.get("/v1/teams/nobody")).status_code == 404
            refused = await client.get(f"/v1/clocks/{LEAD}", headers={"authorization": "Bearer lp_00000000_no"})
            assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")

            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), WITHIN) == 0
        reader = await log.reader({Stream(SLA.name, NUMBER): 0})
        written = await reader.fetch(100, 5.0)
        await reader.close()
        names = [type(read(wire.decode(record.value))).__name__ for record in written]
        assert names[:5] == ["ClockStarted", "Assigned", "ClockJudged", "ClockStarted", "ClockStarted"]
        assert [record.seq for record in written] == list(range(1, len(written) + 1))
    finally:
        await log.close()
        post.close()
        await post.wait_closed()


async def _a_month_ends(client: httpx.AsyncClient, log: KafkaLog, given: Input, start: list[Fact]) -> None:
    """Once it has ended in every partition, the one MQL is judged by what the agreement promised (rule 34)."""
    following = RosterChanged(control=4, team=TEAM, reps=(ANN,), reason="time passes")
    next_month = World().facts(following, at=LATER)
    for number in set(range(QUALIFICATION.partitions)) - {NUMBER}:
        await Input(log, number).write(*start, next_month)
    assert (await client.get("/v1/promises")).json() == {"promises": []}
    await given.write(next_month)

    async def judged() -> list[dict[str, object]]:
        promises: list[dict[str, object]] = (await client.get("/v1/promises")).json()["promises"]
        assert promises != []
        return promises

    (promise,) = await eventually(judged, within=WITHIN)
    assert (promise["promise"], promise["count"], promise["revisions"]) == ("pact/mql_volume", 1, 0)
    assert (promise["period"], promise["verdict"]) == (f"{NOW:%Y-%m}", "missed")
    assert promise["seen"] == [{"partition": n, "count": int(n == NUMBER), "seq": 3 * (n == NUMBER)} for n in range(8)]
    reader = await log.reader({Stream(PROMISES.name, 0): 0})
    (said,) = await reader.fetch(100, 5.0)
    await reader.close()
    assert (said.seq, said.key, wire.decode(said.value).type) == (1, b"pact/mql_volume", "promise.judged")
