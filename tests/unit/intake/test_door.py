"""Rules 7, 8, 9 and 50 at the door: who may, what is answered, what is kept, and in which order."""

import asyncio
import gzip
import json
from collections.abc import MutableMapping, Sequence
from types import ModuleType
from typing import Any, NoReturn

import asyncpg
import httpx
import pytest

from leadpact.contracts.events.control import RosterChanged
from leadpact.contracts.topics import RAW
from leadpact.intake.domain.sources import generic, typeform
from leadpact.intake.door.publisher import COMMANDS
from leadpact.kit.rows import Message, Stream
from leadpact.testkit.memory import MemoryLog
from tests.unit.intake.door import OLD_SECRET, Front

LEAD = {"email": "a@x.example"}
FORM = json.dumps({"event_id": "E", "form_response": {"answers": []}}, indent=1).encode()
MIB = 1024 * 1024


async def test_r7_a_2xx_means_durable_and_503_that_neither_store_took_it() -> None:
    front = Front()
    front.log.down = front.spool.down = True
    refused = await front.post("/v1/leads", LEAD)
    assert refused.status_code == 503 and refused.headers["retry-after"] == "1"
    assert refused.headers["content-type"] == "application/problem+json" and not await front.kept()
    front.log.down = front.spool.down = False
    accepted = await front.post("/v1/leads", LEAD)
    assert accepted.status_code == 202
    ((_, delivery, body),) = await front.kept()
    assert accepted.json() == {"ingest": delivery.id, "items": 1, "rejected": [], "ignored": []}
    assert json.loads(body) == LEAD
    assert front.answers == [("leads", 503), ("leads", 202)]


async def test_r7_no_answer_before_the_ack() -> None:
    acked = asyncio.Event()

    class Slow(MemoryLog):
        async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
            await acked.wait()
            await super().publish(stream, messages)

    front = Front()
    front.log = log = Slow()
    front.app._acceptor._keeper._publisher._log = log
    waiting = asyncio.create_task(front.post("/v1/leads", LEAD))
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    assert not done
    acked.set()
    assert (await waiting).status_code == 202


async def test_r7_a_partition_takes_deliveries_again_after_any_failure_of_the_log() -> None:
    class Faulty(MemoryLog):
        broken = True

        async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
            if self.broken:
                raise ValueError("a mistake nobody thought of")
            await super().publish(stream, messages)

    front = Front()
    front.spool.down = True
    front.log = log = Faulty()
    front.app._acceptor._keeper._publisher._log = log
    assert (await asyncio.wait_for(front.post("/v1/leads", LEAD), 1)).status_code == 503
    log.broken = False
    assert (await front.post("/v1/leads", LEAD)).status_code == 202


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/v1/leads", None, 401),
        ("/v1/leads", "wrong", 401),
        ("/v1/leads", "ingest", 202),
        ("/v1/leads", "command", 403),
        ("/v1/commands", "ingest", 403),
        ("/v1/leads?source=nobody", "all", 404),
        ("/hooks/typeform/nobody", None, 404),
        ("/hooks/typeform/site", None, 404),
    ],
)
async def test_r45_who_may_not_gets_a_problem_and_nothing_is_kept(path: str, key: str | None, status: int) -> None:
    front = Front()
    body = {"command": "own", "owner": "bo"} | LEAD if "commands" in path else LEAD
    answer = await front.post(path, body, key)
    assert answer.status_code == status
    if status != 202:
        assert answer.headers["content-type"] == "application/problem+json" and not await front.kept()


@pytest.mark.parametrize(
    ("path", "item"),
    [
        ("/v1/leads", {}),
        ("/v1/activities", {"type": "owner", "owner": "bo"}),
        ("/v1/commands", {"command": "own", "owner": "bo"}),
    ],
)
async def test_r45_a_key_bound_to_sources_delivers_as_these_alone(path: str, item: dict[str, str]) -> None:
    front = Front()
    for query in ("", "?source=api", "?source=forms"):
        refused = await front.post(path + query, LEAD | item, "bound")
        assert refused.status_code == 403 and refused.headers["content-type"] == "application/problem+json"
        source = query.removeprefix("?source=") or "api"
        assert refused.json()["detail"] == f"this key delivers as crm or site, not as {source}"
    assert (await front.post(f"{path}?source=nobody", LEAD | item, "bound")).status_code == 404
    assert not await front.kept()
    assert (await front.post(f"{path}?source=site", LEAD | item, "bound")).status_code == 202
    ((_, delivery, _),) = await front.kept()
    assert delivery.source == "site"


async def test_r45_a_key_bound_to_one_source_need_not_name_it() -> None:
    front = Front()
    assert (await front.post("/v1/leads", LEAD, "site")).status_code == 202
    ((_, delivery, _),) = await front.kept()
    assert delivery.source == "site"
    assert (await front.post("/v1/leads?source=api", LEAD, "site")).status_code == 403


@pytest.mark.parametrize("path", ["/v1/leads", "/v1/commands", "/hooks/typeform/forms", "/segment/v1/track"])
async def test_what_only_takes_deliveries_says_so_to_who_asks(path: str) -> None:
    front = Front()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(front.app), base_url="http://door") as client:
        for method in ("GET", "PUT", "OPTIONS"):
            answer = await client.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["detail"] == "this path answers to POST only"
        for nobodys in ("/v1/leads/x", "/segment/v1/fax", "/v1/sources"):
            assert (await client.get(nobodys)).text == "behind"
    assert [status for _, status in front.answers] == [405] * 3


async def test_r9_a_form_is_proven_by_any_live_secret_over_its_raw_bytes() -> None:
    front = Front()
    assert (await front.typeform(FORM)).status_code == 200
    assert (await front.typeform(FORM + b"\n", OLD_SECRET)).status_code == 200
    assert (await front.typeform(FORM, "another")).status_code == 401
    stripped = await front.post("/hooks/typeform/forms", FORM, None)
    assert stripped.status_code == 401 and len(await front.kept()) == 2


async def test_r9_segment_is_answered_200_and_one_odd_message_fails_alone() -> None:
    front = Front()
    good = {"type": "identify", "userId": "u", "messageId": "m1", "traits": {"email": "a@x.example"}}
    calls = {"batch": [good, {"type": "fax", "userId": "u", "messageId": "m2"}, 7], "sentAt": "2026-03-02T12:00:00Z"}
    answer = await front.segment("batch", calls)
    assert answer.status_code == 200 and answer.json() == {"success": True}
    assert (await front.segment("batch", calls, "another")).status_code == 401
    desk = await front.normalised()
    assert [ended.outcome for ended in desk.books.outcomes.values()] == ["normalised", "quarantined", "quarantined"]


@pytest.mark.parametrize("kind", ["alias", "group", "screen"])
async def test_r9_what_stock_libraries_send_besides_is_ignored_and_waits_for_nobody(kind: str) -> None:
    front = Front()
    good = {"type": "identify", "userId": "u", "messageId": "m1", "traits": {"email": "a@x.example"}}
    idle = {"type": kind, "userId": "u", "messageId": "m2", "traits": {"name": "Acme"}}
    says = "messages of this type mean nothing here"
    answer = await front.segment("batch", {"batch": [good, idle]})
    assert answer.json() == {"success": True, "ignored": [{"pointer": "/batch/1/type", "detail": says}]}
    answer = await front.segment(kind, {**idle, "messageId": "m3"})
    assert (answer.status_code, answer.json()["ignored"]) == (200, [{"pointer": "/type", "detail": says}])
    desk = await front.normalised()
    assert [ended.outcome for ended in desk.books.outcomes.values()] == ["normalised", "rejected", "rejected"]
    assert not desk.books.quarantine


async def test_r9_a_hook_of_another_kind_of_source_says_which_kind_it_wants() -> None:
    answer = await Front().post("/hooks/typeform/site", FORM, None)
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no typeform source of that name")


async def test_r8_a_segment_batch_of_nothing_is_refused_as_one_of_ours_is_and_kept_as_rejected() -> None:
    front = Front()
    for answer in (await front.segment("batch", {"batch": []}), await front.post("/v1/leads", [])):
        assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    desk = await front.normalised()
    assert [ended.outcome for ended in desk.books.outcomes.values()] == ["rejected", "rejected"]


async def test_r50_commands_and_history_share_one_partition_and_keep_their_order() -> None:
    front = Front()
    for number in range(8):
        command = {"command": "own", "owner": str(number)} | LEAD
        assert (await front.post("/v1/commands", command)).status_code == 202
        await front.post("/v1/leads", LEAD | {"id": number}, **{"X-Leadpact-Backfill": "h"})
    assert {place for place, _, _ in await front.kept()} == {COMMANDS}
    owners = [json.loads(body)["owner"] for _, delivery, body in await front.kept() if delivery.door == "commands"]
    assert owners == [str(number) for number in range(8)]
    assert front.log.records[Stream(RAW.name, COMMANDS)]


async def test_r43_history_needs_its_scope_and_its_close_comes_alone() -> None:
    front = Front()
    close = {"command": "backfill.close", "lane": "h"}
    lane = {"X-Leadpact-Backfill": "h"}
    assert (await front.post("/v1/leads", LEAD, "ingest", **lane)).status_code == 403
    assert (await front.post("/v1/commands", close, "command")).status_code == 403
    assert (await front.post("/v1/commands", [close, close])).status_code == 422
    assert not await front.kept()
    assert (await front.post("/v1/commands", close)).status_code == 202


@pytest.mark.parametrize(
    ("path", "mapper"), [("/v1/leads", generic), ("/v1/commands", generic), ("typeform", typeform)]
)
async def test_r8_what_our_own_code_fails_on_is_kept_and_waits_until_that_is_mended(
    path: str, mapper: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: object) -> NoReturn:
        raise KeyError("secret")

    front = Front()
    with monkeypatch.context() as broken:
        broken.setattr(mapper, "drafts", mistaken)
        answer = await (front.typeform(FORM) if path == "typeform" else front.post(path, LEAD))
        ((_, delivery, body),) = await front.kept()
    desk = await front.normalised()
    assert answer.status_code == (200 if path == "typeform" else 202) and answer.json()["ingest"] == delivery.id
    assert body == (FORM if path == "typeform" else json.dumps(LEAD).encode())
    (ended,) = desk.books.outcomes.values()
    assert ended.outcome == "quarantined" and ended.reason.startswith("our mistake: KeyError at test_door.py:")
    assert not desk.out, "nobody has looked whether its sender may ask for that"


@pytest.mark.parametrize("lane", ["", " ", "n" * 201, "n" * 30_000], ids=len)
async def test_r43_a_lane_has_a_name_that_can_be_kept(lane: str) -> None:
    front = Front()
    answer = await front.post("/v1/leads", LEAD, **{"X-Leadpact-Backfill": lane})
    assert (answer.status_code, answer.json()["errors"][0]["header"]) == (422, "x-leadpact-backfill")
    assert not await front.kept(), "what should have been history is not taken for live"
    assert (await front.post("/v1/leads", LEAD, **{"X-Leadpact-Backfill": "n" * 200})).status_code == 202


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (asyncpg.CharacterNotInRepertoireError("invalid byte sequence: 0x00"), 422),
        (asyncpg.CannotConnectNowError("the database system is starting up"), 503),
        (ConnectionRefusedError(111, "refused"), 503),
        (asyncpg.UndefinedTableError("relation does not exist"), 500),
    ],
    ids=lambda told: type(told).__name__,
)
async def test_only_a_database_that_is_away_is_worth_sending_again(
    error: Exception, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find(*_: object) -> None:
        raise error

    front = Front()
    monkeypatch.setattr(front.app._sources, "find", find)
    answer = await front.post("/v1/leads", LEAD)
    assert (answer.status_code, "retry-after" in answer.headers) == (status, status == 503)
    assert not await front.kept()


async def test_r7_a_delivery_that_nobody_has_kept_when_the_process_ends_is_to_be_sent_again() -> None:
    front, said = Front(), list[MutableMapping[str, Any]]()

    async def body() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message)

    headers = [(b"authorization", b"Bearer all")]
    scope = {"type": "http", "method": "POST", "path": "/v1/leads", "headers": headers, "query_string": b""}
    delivering = asyncio.create_task(front.app(scope, body, send))
    await asyncio.sleep(0)
    delivering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivering
    assert said[0]["status"] == 503
    assert (b"retry-after", b"1") in said[0]["headers"]
    assert front.answers == [("leads", 503)]


async def test_more_parameters_than_anybody_needs_are_refused() -> None:
    front = Front()
    many = "&".join(f"p{number}=1" for number in range(51))
    answer = await front.post(f"/v1/leads?{many}", LEAD)
    assert (answer.status_code, answer.json()["detail"]) == (400, "at most 50 parameters are read")
    assert (await front.post(f"/v1/leads?{many.partition('&')[2]}", LEAD)).status_code == 202


async def test_r7_a_command_is_an_act_and_only_an_id_or_an_idempotency_key_makes_it_a_retry() -> None:
    front = Front()

    def roster(rep: str, **more: str) -> dict[str, object]:
        return {"command": "roster", "team": "us", "reps": [{"id": rep, "name": rep}], "reason": "shift", **more}

    for body in (roster("ann"), roster("bo"), roster("ann"), roster("cy", id="1"), roster("cy", id="1")):
        assert (await front.post("/v1/commands", body)).status_code == 202
    for _ in range(2):
        await front.post("/v1/commands", roster("di"), **{"Idempotency-Key": "k"})
        await front.post("/v1/commands", roster("ed", occurred_at="2026-01-05"), **{"X-Leadpact-Backfill": "h"})
    desk = await front.normalised()
    assert [event.reps[0].id for event in desk.facts(RosterChanged)] == ["ann", "bo", "ann", "cy", "di"]
    assert desk.books.lanes["h"].staged == 1, "the same history again adds nothing (rule 43)"


async def test_r8_items_of_a_wrong_shape_are_named_and_the_others_pass() -> None:
    front = Front()
    answer = await front.post("/v1/leads", [LEAD, {"email": 5}, {"utm": {"source": []}}])
    assert answer.status_code == 202
    assert [each["pointer"] for each in answer.json()["rejected"]] == ["/1/email", "/2/utm/source"]
    alone = await front.post("/v1/leads", {"email": 5})
    assert alone.status_code == 422 and alone.json()["errors"][0]["pointer"] == "/email"


async def test_a_body_is_at_most_a_mebibyte_also_when_it_is_packed() -> None:
    front = Front()
    exact = json.dumps(LEAD).encode().ljust(MIB)
    assert (await front.post("/v1/leads", exact)).status_code == 202
    assert (await front.post("/v1/leads", exact + b" ")).status_code == 413
    assert (await front.post_in_parts("/v1/leads", [exact, b" "])).status_code == 413
    bomb = gzip.compress(bytes(50 * MIB))
    assert (await front.post("/v1/leads", bomb, **{"Content-Encoding": "gzip"})).status_code == 413
    packed = gzip.compress(json.dumps(LEAD).encode())
    assert (await front.post("/v1/leads", packed, **{"Content-Encoding": "gzip"})).status_code == 202
    assert (await front.post("/v1/leads", packed, **{"Content-Encoding": "br"})).status_code == 415
    assert len(await front.kept()) == 2


async def test_everything_else_goes_to_the_app_behind() -> None:
    assert (await Front().post("/v1/sources", {})).text == "behind"
