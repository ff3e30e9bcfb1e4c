"""Carries acts of the story to intake as the real senders would: HTTP with a key, a signed webhook, Segment's SDK."""

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from segment.analytics import Client as Segment

from leadpact.demo.script import Cue
from leadpact.demo.story import Act, Lead
from leadpact.local.client import Api

WEBSITE, BOUGHT, FORM, SITE = "website", "bought-list", "typeform-demo", "segment-site"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the senders know: the form's signing secret, the site's write key."""

    signing: str
    write_key: str


class Courier:
    """Delivers what the story says, with the senders' key; raises `Refused`, or what Segment's SDK does."""

    def __init__(self, api: Api, base: str, secrets: Secrets) -> None:
        self._api = api
        self._secrets = secrets
        self._segment = Segment(secrets.write_key, host=f"{base}/segment", sync_mode=True)

    async def deliver(self, cue: Cue, owner: str | None) -> None:
        """Deliver one act; `owner` is who owns the lead by then."""
        act = cue.act
        if act.segment is not None:
            await asyncio.to_thread(self._track if act.segment == "track" else self._page, cue)
        elif act.typeform is not None:
            for _ in range(act.times):
                await self._typeform(cue.lead, act.typeform)
            await asyncio.to_thread(self._identify, cue.lead)
        elif act.json == "page":
            await self._api.post("/v1/activities", page(cue), source=act.source or WEBSITE)
        elif act.json == "lead":
            await self._api.post("/v1/leads", form(cue), source=act.source or WEBSITE)
        elif act.owner in {"accept", "reject"}:
            await self._api.post("/v1/commands", disposition(cue, owner), source=WEBSITE)
        else:
            await self._api.post("/v1/activities", touch(cue, owner), source=WEBSITE)

    def _page(self, cue: Cue) -> None:
        """The SDK stamps the time by the clock of the world; intake takes the skew out."""
        told = {"anonymous_id": cookie(cue.lead), "name": "Pricing", "properties": {"path": cue.act.path}}
        self._segment.page(**told, context={"campaign": cue.act.campaign} if cue.act.campaign else {})

    def _track(self, cue: Cue) -> None:
        self._segment.track(anonymous_id=cookie(cue.lead), event=cue.act.event)

    def _identify(self, lead: Lead) -> None:
        traits = {"email": lead.person.email, "name": lead.person.name}
        self._segment.identify(anonymous_id=cookie(lead), traits=traits)

    async def _typeform(self, lead: Lead, form_id: str) -> None:
        raw = json.dumps(response(lead, form_id)).encode()
        signature = base64.b64encode(hmac.digest(self._secrets.signing.encode(), raw, hashlib.sha256)).decode()
        headers = {"Typeform-Signature": f"sha256={signature}", "Content-Type": "application/json"}
        await self._api.send(f"/hooks/typeform/{FORM}", raw, headers)


def cookie(lead: Lead) -> str:
    """The anonymous id in the lead's browser."""
    return f"story-{lead.id}"


def campaign(lead: Lead) -> str:
    """The campaign a lead comes by: each has their own, by which the story finds them again."""
    return f"story-{lead.id}"


def page(cue: Cue) -> dict[str, Any]:
    """A page view as `/v1/activities` takes it."""
    return {
        **_delivered(cue),
        "type": "behaviour",
        "anonymous_id": cookie(cue.lead),
        "kind": "page",
        "subject": cue.act.path,
    }


def form(cue: Cue) -> dict[str, Any]:
    """A filled form as `/v1/leads` takes it."""
    person = cue.lead.person
    return {
        **_delivered(cue),
        "anonymous_id": cookie(cue.lead),
        "email": person.email,
        "phone": person.phone,
        "name": person.name,
        "job_title": person.title,
        "employees": person.employees,
        "form": cue.act.form,
        "origin": cue.act.channel,
        "campaign": campaign(cue.lead),
        "test": cue.act.test,
    }


def touch(cue: Cue, owner: str | None) -> dict[str, Any]:
    """A call, a mail or a reply as `/v1/activities` takes it."""
    act = cue.act
    told = {
        **_delivered(cue),
        "type": "touch",
        "email": cue.lead.person.email,
        "kind": act.owner or act.robot or "email",
        "direction": "in" if act.lead else "out",
        "outcome": "replied" if act.lead else act.outcome,
        "seconds": act.seconds,
        "reference": act.reference,
    }
    return told if act.lead else {**told, "actor": _actor(act, owner)}


def disposition(cue: Cue, owner: str | None) -> dict[str, Any]:
    """Sales' verdict as `/v1/commands` takes it."""
    act = cue.act
    return {
        **_delivered(cue),
        "command": "dispose",
        "email": cue.lead.person.email,
        "verdict": "accepted" if act.owner == "accept" else "rejected",
        "reason": act.reason,
        "data": act.data,
        "actor": _actor(act, owner),
    }


def response(lead: Lead, form_id: str) -> dict[str, Any]:
    """A Typeform delivery as the vendor documents it, with references named after our fields."""
    person = lead.person
    answers: list[tuple[str, str, Any]] = [
        ("email", "email", person.email),
        ("phone_number", "phone", person.phone),
        ("text", "name", person.name),
        ("text", "job_title", person.title),
        ("number", "employees", person.employees),
    ]
    fields = [{"ref": ref, "type": type_} for type_, ref, _ in answers]
    hidden = {"anonymous_id": cookie(lead), "utm_source": "google", "utm_medium": "organic"}
    return {
        "event_id": f"story-{lead.id}-{form_id}",
        "event_type": "form_response",
        "form_response": {
            "form_id": form_id,
            "token": f"story-{lead.id}",
            "hidden": {**hidden, "utm_campaign": campaign(lead)},
            "definition": {"id": form_id, "title": "Ask for a demo", "fields": fields},
            "answers": [
                {"type": type_, type_: value, "field": field}
                for field, (type_, _, value) in zip(fields, answers, strict=True)
            ],
        },
    }


def _delivered(cue: Cue) -> dict[str, Any]:
    """The sender's id, without which two looks at a page would be one; a time only where it was not just now."""
    return {"id": cue.id, **({"occurred_at": cue.at.isoformat()} if cue.act.after else {})}


def _actor(act: Act, owner: str | None) -> dict[str, Any]:
    return {"id": "sequencer", "kind": "automation"} if act.robot else {"id": owner, "kind": "human"}
