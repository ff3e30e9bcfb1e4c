"""Verbs that ask the API: what they send, what they show, and their exit codes."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.kit.access import Caller, KeyInfo, Scope
from leadpact.local import cli
from leadpact.local.errors import LocalError, Misused, NotUp
from leadpact.local.keys import make_key
from leadpact.local.state import VARIABLE, State
from leadpact.local.verbs import key
from leadpact.local.verbs.key import meant
from tests.unit.local.asked import Installation, always, run

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
PAPER = {
    "id": "sample",
    "version": 2,
    "state": "draft",
    "name": "Sample",
    "hash": "ab" * 32,
    "source": "id: sample\n",
    "approvals": [{"team": "sales", "person": "sam", "name": "Sam", "signed_at": "2026-05-05T12:00:00Z"}],
}


def test_read_verbs_speak_json(installation: Installation) -> None:
    installation(always([PAPER]))
    done = run("agreement", "list", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == [PAPER]


def test_a_list_for_no_terminal_is_plain_lines(installation: Installation) -> None:
    installation(always([PAPER]))
    done = run("agreement", "list")
    names, row = done.stdout.splitlines()
    assert names.split("\t") == ["id", "version", "state", "name", "signed by", "hash"]
    assert row.split("\t")[:5] == ["sample", "2", "draft", "Sample", "Sam (sales)"]


@pytest.mark.parametrize("words", [("agreement", "list"), ("source", "list"), ("quarantine", "list")])
def test_an_empty_list_says_so_where_no_program_reads(installation: Installation, words: tuple[str, ...]) -> None:
    installation(always({"items": [], "next": None} if words[0] == "quarantine" else []))
    done = run(*words)
    assert (done.exit_code, done.stdout, done.stderr.strip()) == (0, "", "none")


def test_r45_a_signature_is_made_with_the_signers_own_key_under_the_content_they_saw(
    installation: Installation, tmp_path: Path
) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "mara.key").write_text("lp_mara\n")
    got = installation(always(PAPER))
    assert run("agreement", "approve", "sample", "--as", "mara", "--team", "marketing").exit_code == 0
    signing = got[-1]
    assert signing.url.path == "/v1/agreements/sample/versions/2/approvals"
    assert signing.headers["authorization"] == "Bearer lp_mara"
    assert json.loads(signing.content) == {"team": "marketing", "hash": PAPER["hash"]}


def test_r45_without_a_key_of_their_own_nobody_signs(
    installation: Installation,
) -> None:
    got = installation(always(PAPER))
    for team in ("marketing", "sales"):
        done = run("agreement", "approve", "sample", "--as", "mara", "--team", team)
        assert isinstance(done.exception, LocalError)
        assert f"`leadpact key create mara --role {team}`" in str(done.exception)
    assert got == []


def test_an_agreement_is_withdrawn_by_its_version(installation: Installation) -> None:
    got = installation(always(PAPER | {"state": "withdrawn"}))
    done = run("agreement", "withdraw", "sample", "2")
    assert done.exit_code == 0 and "withdrawn" in done.stdout
    assert got[0].url.path == "/v1/agreements/sample/versions/2/withdrawal"
    assert run("agreement", "withdraw", "sample").exit_code == 2


def test_a_text_with_errors_ends_a_check_with_exit_code_1(
    installation: Installation,
) -> None:
    installation(always({"errors": ["the reason x stands there twice"], "warnings": [], "resolved": {}}))
    done = run("agreement", "check", "sample")
    assert done.exit_code == 1
    assert "the reason x stands there twice" in done.stdout


def test_a_quarantine_that_holds_something_ends_with_exit_code_1_and_is_read_to_its_end(
    installation: Installation,
) -> None:
    def paged(request: httpx.Request) -> httpx.Response:
        second = request.url.params.get("cursor") == "more"
        item = {
            "id": "b2" if second else "a1",
            "source": "api",
            "door": "leads",
            "held_at": "",
            "ingest": None,
            "pointer": "",
            "import": None,
            "filename": None,
            "row": None,
        }
        page = {"items": [{**item, "reason": "no time"}], "next": None if second else "more"}
        return httpx.Response(200, json=page)

    installation(paged)
    done = run("quarantine", "list")
    assert done.exit_code == 1
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["id", "a1", "b2"]
    assert isinstance(run("quarantine", "show", "c3").exception, LocalError)


def test_a_text_that_is_no_agreement_is_checked_as_json_too(installation: Installation) -> None:
    fault = {"pointer": "/hours", "detail": "line 9: never opens"}
    installation(
        always({"title": "Unprocessable Content", "detail": "the text is no agreement", "errors": [fault]}, 422)
    )
    done = run("agreement", "check", "sample", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {"errors": ["/hours: line 9: never opens"], "warnings": [], "resolved": None}


def _infos(*keys: tuple[str, str, bool]) -> list[KeyInfo]:
    return [
        KeyInfo(
            Caller(id_, Actor(actor, ActorKind.SYSTEM), actor, frozenset(), frozenset()),
            b"",
            NOON,
            None if live else NOON,
        )
        for id_, actor, live in keys
    ]


def test_a_key_is_revoked_by_its_id_or_by_whose_it_is_if_that_is_one_live_key() -> None:
    infos = _infos(("a1", "site", False), ("b2", "site", True), ("c3", "crm", True), ("d4", "crm", True))
    assert (meant("b2", infos), meant("site", infos), meant("c3", infos)) == ("b2", "b2", "c3")
    for told, says in {"crm": "c3, d4", "a1": "no live key a1", "nobody": "no live key nobody"}.items():
        with pytest.raises(Misused, match=says):
            meant(told, infos)


def test_r45_a_key_is_bound_only_to_sources_that_there_are(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    async def make(*told: object) -> Path:
        made.append(told[1:])
        return Path("site.key")

    monkeypatch.setattr(key, "make_key", make)
    installation(always([{"name": "site"}, {"name": "api"}]))
    words = ("key", "create", "shop", "--kind", "system", "--source", "site", "--source")
    assert str(run(*words, "sight").exception) == "there is no source sight: `leadpact source list`"
    assert not made
    assert run(*words, "api").exit_code == 0
    assert made == [(Actor("shop", ActorKind.SYSTEM), (), [Scope.INGEST], ["site", "api"])]


async def test_a_second_key_of_a_name_is_refused_with_what_replaces_the_first(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "site.key"
    file.parent.mkdir()
    file.write_text("lp_site")
    with pytest.raises(LocalError, match=f"`leadpact key revoke site; rm {file}`"):
        await make_key(State(tmp_path), Actor("site", ActorKind.SYSTEM), (), ())


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        ("agreement show nope", 404, 2),
        ("agreement activate sample --version 9", 404, 2),
        ("agreement activate sample", 409, 1),
        ("agreement draft sample", 422, 2),
        ("agreement list", 403, 1),
        ("agreement list", 503, 1),
        ("agreement approve sample --as nobody --team sales", 200, 2),
        ("source add forms --zone Mars", 422, 2),
        ("quarantine list --import nope", 400, 2),
        ("quarantine show nope", 200, 2),
        ("quarantine redrive nope", 200, 2),
    ],
)
def test_what_cannot_be_is_exit_code_2_and_what_the_state_of_things_refuses_1(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, words: str, status: int, code: int
) -> None:
    installation(always({"title": "No", "detail": "no", "items": [], "next": None}, status))
    assert _exit_code(monkeypatch, words) == code


@pytest.mark.parametrize("words", ["status", "verify", "logs", "logs nope", "source list", "key list", "parked list"])
def test_where_nothing_runs_every_verb_says_so_and_ends_with_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert _exit_code(monkeypatch, words) == 1
    assert capsys.readouterr().err.strip() == f"leadpact: nothing runs in {tmp_path}: `leadpact up` starts it"


def test_logs_of_a_process_that_there_is_not_are_misuse(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    (State(tmp_path).logs / "web.log").write_text("")
    assert _exit_code(monkeypatch, "logs nope") == 2


def _exit_code(monkeypatch: pytest.MonkeyPatch, words: str) -> object:
    """How the command ends as it is typed."""
    monkeypatch.setattr(sys, "argv", ["leadpact", *words.split()])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def test_the_topic_table_needs_no_installation() -> None:
    done = run("topics", "--json")
    assert done.exit_code == 0
    rows = {row["name"]: row["partitions"] for row in json.loads(done.stdout)}
    eight, one = ("raw", "leads", "qualification", "sla", "returns"), ("agreements", "promises", "marks")
    assert rows == dict.fromkeys(eight, 8) | dict.fromkeys(one, 1)


def test_without_an_installation_a_verb_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert isinstance(run("source", "list").exception, NotUp)


@pytest.mark.parametrize(
    "words",
    [
        "agreement approve sample",
        "agreement approve sample --as mara --team foo",
        "agreement check /nope.yaml",
        "source add forms --kind xml",
        "source add Forms",
        "key create mara/../../x",
    ],
)
def test_misuse_ends_with_exit_code_2_and_asks_nobody(installation: Installation, words: str) -> None:
    got = installation(always({}))
    done = run(*words.split())
    assert (done.exit_code, got) == (2, []), done.output
