"""Carries acts of the story to intake as the real senders would: HTTP with a key, a signed webhook, Segment's SDK."""

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from segment.analytics import Client as Segment

from leadpact.demo.errors import DeliveryRefused
from leadpact.demo.story import Act, Lead

WEBSITE, FORM, SITE = "website", "typeform-demo", "segment-site"
BOUGHT = "bought-list"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the senders know: an API key, the form's signing secret, the site's write key."""

    key: str
    signing: str
    write_key: str


class Courier:
    """Delivers; raises `DeliveryRefused` when intake does not take it."""

    def __init__(self, base: str, secrets: Secrets) -> None:
        self._base = base
        self._secrets = secrets
        self._http = httpx.AsyncClient(base_url=base, timeout=30)
        self._segment = Segment(secrets.write_key, host=f"{base}/segment", sync_mode=True, max_retries=3)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def post(self, path: str, body: Any, **headers: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Deliver JSON with the API key; returns the answer."""
        answer = await self._http.post(path, json=body, headers={"Authorization": f"Bearer {self._secrets.key}", **headers})
        if not answer.is_success:
            raise DeliveryRefused(f"{path}: {answer.status_code} {answer.text[:500]}")
        return dict(answer.json())

    async def act(self, lead: Lead, act: Act, at: datetime, owner: str | None) -> None:
        """Deliver one act that happened at `at`; `owner` is who owns the lead by then."""
        if act.segment is not None:
            await asyncio.to_thread(self._page, lead, act)
        elif act.typeform is not None:
            for _ in range(act.times):
                await self._typeform(lead, act.typeform)
        elif act.json == "page":
            await self.post(_from(act), {**_what(act, "behaviour", at), "anonymous_id": _cookie(lead), "kind": "page", "subject": act.path})
        elif act.json == "lead":
            await self.post(f"/v1/leads?source={act.source or WEBSITE}", _form(lead, act, at))
        elif act.owner in {"accept", "reject"}:
            await self.post("/v1/commands", _disposition(lead, act, at, owner))
        else:
            await self.post(_from(act), _touch(lead, act, at, owner))

    def _page(self, lead: Lead, act: Act) -> None:
        """The SDK stamps the time itself, by the clock of the world; intake corrects the skew."""
        context = {"campaign": act.campaign} if act.campaign else {}
        self._segment.page(anonymous_id=_cookie(lead), name="Pricing", properties={"path": act.path}, context=context)

    async def _typeform(self, lead: Lead, form: str) -> None:
        raw = json.dumps(_response(lead, form)).encode()
        signature = base64.b64encode(hmac.digest(self._secrets.signing.encode(), raw, hashlib.sha256)).decode()
        headers = {"Typeform-Signature": f"sha256={signature}", "Content-Type": "application/json"}
        answer = await self._http.post(f"/hooks/typeform/{FORM}", content=raw, headers=headers)
        if not answer.is_success:
            raise DeliveryRefused(f"typeform: {answer.status_code} {answer.text[:500]}")
        person = lead.person
        await asyncio.to_thread(
            self._segment.identify, anonymous_id=_cookie(lead), traits={"email": person.email, "name": person.name}
        )


def _cookie(lead: Lead) -> str:
    return f"story-{lead.id}"


def _from(act: Act) -> str:
    return f"/v1/activities?source={act.source or WEBSITE}"


def _what(act: Act, type_: str, at: datetime) -> dict[str, Any]:
    """The item's kind, and its time where it reaches us later than it happened."""
    return {"type": type_, **({"occurred_at": at.isoformat()} if act.after else {})}


def _form(lead: Lead, act: Act, at: datetime) -> dict[str, Any]:
    person = lead.person
    return {
        **({"occurred_at": at.isoformat()} if act.after else {}),
        "anonymous_id": _cookie(lead),
        "email": person.email,
        "phone": person.phone,
        "name": person.name,
        "job_title": person.title,
        "employees": person.employees,
        "form": act.form,
        "origin": act.channel,
        "test": act.test,
    }


def _touch(lead: Lead, act: Act, at: datetime, owner: str | None) -> dict[str, Any]:
    inward = act.lead is not None
    kind = act.owner or act.robot or "email"
    actor = {"id": "sequencer", "kind": "automation"} if act.robot else {"id": owner, "kind": "human"}
    return {
        **_what(act, "touch", at),
        "email": lead.person.email,
        "kind": kind,
        "direction": "in" if inward else "out",
        "outcome": "replied" if inward else act.outcome,
        "seconds": act.seconds,
        "reference": act.reference,
        **({} if inward else {"actor": actor}),
    }


def _disposition(lead: Lead, act: Act, at: datetime, owner: str | None) -> dict[str, Any]:
    return {
        **({"occurred_at": at.isoformat()} if act.after else {}),
        "command": "dispose",
        "email": lead.person.email,
        "verdict": "accepted" if act.owner == "accept" else "rejected",
        "reason": act.reason,
        "data": act.data,
        "actor": {"id": owner, "kind": "human"},
    }


def _response(lead: Lead, form: str) -> dict[str, Any]:
    """A Typeform delivery as documented by the vendor, with references named after our fields."""
    person = lead.person
    answers: list[tuple[str, str, Any]] = [
        ("email", "email", person.email),
        ("phone_number", "phone", person.phone),
        ("text", "name", person.name),
        ("text", "job_title", person.title),
        ("number", "employees", person.employees),
    ]
    return {
        "event_id": f"story-{lead.id}-{form}",
        "event_type": "form_response",
        "form_response": {
            "form_id": form,
            "token": f"story-{lead.id}",
            "hidden": {"anonymous_id": _cookie(lead), "utm_source": "google", "utm_medium": "organic"},
            "definition": {"id": form, "title": "Ask for a demo", "fields": [{"ref": ref, "type": type_} for type_, ref, _ in answers]},
            "answers": [{"type": type_, type_: value, "field": {"ref": ref, "type": type_}} for type_, ref, value in answers],
        },
    }
