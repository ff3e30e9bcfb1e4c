"""`leadpact agreement`: from a text to a promise that both teams have signed and that is in force."""

from pathlib import Path
from typing import Annotated, Any

import typer

from leadpact.kit.access import Role
from leadpact.local.client import Api
from leadpact.local.errors import Refused
from leadpact.local.keys import key_of
from leadpact.local.show import as_json, say
from leadpact.local.state import found
from leadpact.local.verbs.asking import AsJson, ask, show
from leadpact.qualifier import starters
from leadpact.qualifier.domain.signing import Team

app = typer.Typer(no_args_is_help=True, help="Draft, check, sign and activate agreements.")

PATH = "/v1/agreements"
_COLUMNS = ("id", "version", "state", "name", "signed by", "hash")

Id = Annotated[str, typer.Argument(help="The agreement's id.")]
Version = Annotated[int | None, typer.Option(min=1, help="Which version; the latest when left out.")]
Text = Annotated[str, typer.Argument(help=f"A YAML or JSON file, or a starter: {', '.join(starters.names())}.")]


@app.command("list")
def list_(*, json: AsJson = False) -> None:
    """Every version of every agreement."""
    papers = ask(lambda api: api.get(PATH))
    if json:
        as_json(papers)
    else:
        show(({**paper, "signed by": _signers(paper)} for paper in papers), _COLUMNS, json=False)


@app.command("show")
def show_(id: Id, version: Version = None, *, json: AsJson = False) -> None:  # noqa: A002 - the API's name
    """A version's text and who signed it."""
    paper = ask(lambda api: api.get(f"{PATH}/{id}", version=version))
    if json:
        as_json(paper)
        return
    say(paper["source"].rstrip())
    say(f"\n# version {paper['version']}, {paper['state'].replace('_', ' ')}, hash {paper['hash']}")
    for signature in paper["approvals"]:
        say(f"# signed for {signature['team']} by {signature['name']} at {signature['signed_at']}")


@app.command()
def check(text: Text, *, json: AsJson = False) -> None:
    """Look a text over; exit code 1 when something keeps it from being signed."""
    content, media = _read(text)
    try:
        checked = ask(lambda api: api.send(f"{PATH}/check", content, media))
    except Refused as refused:
        if not refused.faults:
            raise
        checked = {"errors": list(refused.faults), "warnings": [], "resolved": None}  # it is no agreement at all
    if json:
        as_json(checked)
    else:
        for each in checked["errors"]:
            say(f"error    {each}")
        for each in checked["warnings"]:
            say(f"warning  {each}")
        if not checked["errors"]:
            say("it can be signed")
    if checked["errors"]:
        raise typer.Exit(1)


@app.command()
def draft(text: Text) -> None:
    """Write down a version; a changed draft loses its signatures."""
    content, media = _read(text)
    _told(ask(lambda api: api.send(PATH, content, media)))


@app.command()
def approve(
    id: Id,  # noqa: A002 - the API's name
    *,
    as_: Annotated[str, typer.Option("--as", help="Who signs: whose key `leadpact key create` made here.")],
    team: Annotated[Team, typer.Option(help="For which team.")],
    version: Version = None,
) -> None:
    """Sign for a team, with that person's own key; nobody signs for both (rule 45)."""
    key = key_of(found(), as_, Role(team))

    async def sign(api: Api) -> dict[str, Any]:
        paper = await api.get(f"{PATH}/{id}", version=version)
        signing = {"team": team, "hash": paper["hash"]}
        return dict(await api.post(f"{PATH}/{id}/versions/{paper['version']}/approvals", signing, key=key))

    _told(ask(sign))


@app.command()
def activate(id: Id, version: Version = None) -> None:  # noqa: A002 - the API's name
    """Bring into force what both teams have signed."""

    async def switch_on(api: Api) -> dict[str, Any]:
        paper = await api.get(f"{PATH}/{id}", version=version)
        return dict(await api.post(f"{PATH}/{id}/versions/{paper['version']}/activation"))

    _told(ask(switch_on))


@app.command()
def withdraw(
    id: Id,  # noqa: A002 - the API's name
    version: Annotated[int, typer.Argument(min=1, help="Which version.")],
) -> None:
    """Take out of force: from then on it governs no lead that comes."""
    _told(ask(lambda api: api.post(f"{PATH}/{id}/versions/{version}/withdrawal")))


def _read(text: str) -> tuple[bytes, dict[str, str]]:
    """The text and its media type; a starter where no file has that name."""
    file = Path(text)
    if file.is_file():
        media = "application/json" if file.suffix == ".json" else "application/yaml"
        return file.read_bytes(), {"Content-Type": media}
    if text in starters.names():
        return starters.text(text), {"Content-Type": "application/yaml"}
    says = f"{text} is neither a file nor a starter ({', '.join(starters.names())})"
    raise typer.BadParameter(says, param_hint="TEXT")


def _told(paper: dict[str, Any]) -> None:
    signed = _signers(paper) or "nobody"
    say(f"{paper['id']} version {paper['version']}: {paper['state'].replace('_', ' ')}, signed by {signed}")


def _signers(paper: dict[str, Any]) -> str:
    return ", ".join(f"{each['name']} ({each['team']})" for each in paper["approvals"])
