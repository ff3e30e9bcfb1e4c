"""Point 12 for identity, on a real Kafka and a real PostgreSQL: topic `leads` says all that the normaliser learned."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec
import pytest

from leadpact.contracts.envelope import Envelope
from leadpact.intake.normaliser import emission
from leadpact.intake.normaliser.rebuilding import Identity
from leadpact.kit import roles
from leadpact.kit.rebuild.told import TableRebuilt
from leadpact.testkit.installation import Installation
from tests.integration.intake.conftest import Intake

NAMES = ("identity_key", "person", "conflict")
SPOILT = {
    "identity_key": "delete from identity_key where hash = (select min(hash) from identity_key)",
    "person": "update person set data = 'a secret' where lead = (select lead from person order by lead limit 1)",
    "conflict": "insert into conflict values (gen_random_uuid(), gen_random_uuid())",
    "control": "update control set number = number + 7",
}


class Place:
    """An intake, and the address of its role for rebuilds."""

    def __init__(self, intake: Intake, dsn: str) -> None:
        self.intake = intake
        self.dsn = dsn

    async def rebuilt(self, *, check: bool = False) -> list[TableRebuilt]:
        """Rebuild, or check."""
        return await Identity().rebuild(self.dsn, self.intake.log, check=check, tell=lambda *_: None)

    async def rows(self) -> list[list[asyncpg.Record]]:
        """All that identity keeps."""
        return [
            *[await self.intake.pool.fetch(f"select t from {name} t order by 1") for name in NAMES],  # noqa: S608 - names of ours
            await self.intake.pool.fetch("select number, listening from control"),
        ]

    async def told(self, path: str, *items: dict[str, Any]) -> None:
        """Deliver, and wait until all of it became facts."""
        for item in items:
            answer = await self.intake.post(path, item)
            assert await self.intake.outcomes(answer.json()["ingest"]) == ["normalised"], item

    async def story(self) -> None:
        """Two people who meet behind one phone number and one browser, who tell things twice, and a third."""
        look = {"type": "behaviour", "kind": "page", "subject": "/pricing"}
        await self.told(
            "/v1/leads",
            {"email": "ann@acme.example", "form": "demo", "anonymous_id": "browser"},
            {"email": "bo@acme.example", "phone": "+14155552671", "anonymous_id": "browser", "test": True},
            {"email": "ann@acme.example", "phone": "+14155552671", "contact_id": "7"},
            {"email": "cy@acme.example", "occurred_at": "2026-01-05T10:00:00Z"},
            {"email": "cy@acme.example", "occurred_at": "2025-01-05T10:00:00Z", "job_title": "CMO"},
        )
        await self.told("/v1/activities", {**look, "contact_id": "8", "email": "dot@acme.example"})
        roster = {"team": "inbound", "reps": [{"id": "bo", "name": "Bo"}], "reason": "who sells"}
        await self.told("/v1/commands", {"command": "roster", **roster})


@pytest.fixture
def place(intake: Intake, installation: Installation) -> Place:
    return Place(intake, installation.dsn(roles.rebuilder("intake")))


def differing(found: Sequence[TableRebuilt]) -> dict[str, int]:
    return {each.table: each.differing for each in found if each.differs}


async def test_point12_identity_that_was_spoilt_is_found_and_made_again_while_intake_goes_on(place: Place) -> None:
    await place.story()
    found, pool = await place.rebuilt(check=True), place.intake.pool
    assert differing(found) == {}, found
    right = await place.rows()
    assert await pool.fetchval("select count(*) from identity_key where lead is null") == 1, "a browser of two"
    assert [len(rows) for rows in right] == [8, 4, 1, 1]

    for statement in SPOILT.values():
        assert await pool.execute(statement) in {"UPDATE 1", "DELETE 1", "INSERT 0 1"}, statement
    found = await place.rebuilt(check=True)
    assert differing(found) == dict.fromkeys(SPOILT, 1)
    assert "secret" not in str(found), "nothing is shown of what is in a row"
    assert differing(await place.rebuilt()) == dict.fromkeys(SPOILT, 1)
    assert await place.rows() == right

    await place.told("/v1/leads", {"email": "ann@acme.example", "form": "prices"})
    assert await pool.fetchval("select count(*) from person") == 4, "she is who she was"
    assert differing(await place.rebuilt(check=True)) == {}


async def test_point12_what_identity_learned_before_keys_rode_in_the_log_is_kept(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = emission._envelope

    def as_before(*told: Any) -> Envelope:  # noqa: ANN401 - passed on
        return msgspec.structs.replace(made(*told), keys=msgspec.UNSET)

    with monkeypatch.context() as before:
        before.setattr(emission, "_envelope", as_before)
        await place.told(
            "/v1/leads",
            {"email": "ann@acme.example", "anonymous_id": "browser"},
            {"email": "bo@acme.example", "anonymous_id": "browser"},
        )
    await place.told("/v1/leads", {"email": "ann@acme.example", "phone": "+14155552671"}, {"email": "cy@acme.example"})
    assert differing(await place.rebuilt(check=True)) == {}
    right = await place.rows()
    await place.intake.pool.execute("delete from identity_key where kind = 'phone'")
    assert differing(await place.rebuilt()) == {"identity_key": 1}
    assert await place.rows() == right
