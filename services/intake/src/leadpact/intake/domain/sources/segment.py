"""Segment's HTTP API: track, identify, page and batches of them, with the clock skew of the sender taken out.

A message's own clock is wrong by as much as `sentAt` differs from when we received it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from leadpact.intake.domain import channel, strict, times
from leadpact.intake.domain.draft import Draft, Outcome, Refusal, body_key, place, refusal
from leadpact.intake.domain.shapes import MOST_ITEMS
from leadpact.intake.domain.sources import bring
from leadpact.intake.errors import IntakeError, Misshapen, Unmappable

_IDLE = ("alias", "group", "screen")
"""What stock libraries send besides; nothing comes of it, and nothing is wrong with it."""
METHODS = ("track", "identify", "page", "batch", *_IDLE)
_NOTHING = "messages of this type mean nothing here"
_UTC = ZoneInfo("UTC")
_TRAITS = {
    "email": "email",
    "phone": "phone",
    "name": "name",
    "firstName": "first_name",
    "lastName": "last_name",
    "title": "job_title",
    "website": "website",
    "employees": "employees",
    "industry": "attributes.industry",
}
_COMPANY = {
    "name": "company",
    "employee_count": "employees",
    "employees": "employees",
    "industry": "attributes.industry",
}


def drafts(method: str, received_at: datetime, body: bytes) -> list[Draft]:
    """The messages of a call; one that cannot be mapped is refused alone. Raises `Unreadable` for the whole."""
    value = strict.read(body)
    if not isinstance(value, dict):
        raise Misshapen("an object is expected")
    messages = value.get("batch") if method == "batch" else [{"type": method, **value}]
    if not isinstance(messages, list) or not 1 <= len(messages) <= MOST_ITEMS:
        raise Misshapen(f"an array of 1 to {MOST_ITEMS} messages is expected", "/batch")
    whole = body_key(f"{method} ".encode() + body)
    return [_draft(whole, index, message, value, received_at) for index, message in enumerate(messages)]


def ignored(drafts: Iterable[Draft]) -> list[tuple[str, str]]:
    """Pointers to the messages of which nothing comes, each with why."""
    return [
        (draft.place + draft.said.pointer, draft.said.reason)
        for draft in drafts
        if isinstance(draft.said, Refusal) and draft.said.outcome is Outcome.REJECTED
    ]


def _draft(whole: str, index: int, message: object, call: dict[str, Any], received_at: datetime) -> Draft:
    # a message that is tried again alone must be read and corrected as it is now
    raw = msgspec.json.encode({**call, "batch": [message]} if "batch" in call else message)
    where = f"/batch/{index}" if "batch" in call else ""
    own = message.get("messageId") if isinstance(message, dict) else None
    key = f"id {own}" if isinstance(own, str) and own else place(whole, index)
    try:
        if not isinstance(message, dict):
            raise Unmappable("a message is no object")
        if message.get("type") in _IDLE:
            return Draft(index, key, raw, Refusal(Outcome.REJECTED, _NOTHING, "/type"), where)
        kind, told = _told(message)
        told["occurred_at"] = _corrected(message, call.get("sentAt"), received_at)
        return Draft(index, key, raw, bring.into(kind, told), where)
    except IntakeError as error:
        return Draft(index, key, raw, refusal(error), where)


def _told(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    context = _dict(message, "context")
    told: dict[str, Any] = {
        "contact_id": message.get("userId"),
        "anonymous_id": message.get("anonymousId"),
        "email": _dict(context, "traits").get("email"),
        "referrer": _dict(context, "page").get("referrer"),
    }
    if campaign := _dict(context, "campaign"):
        parts = {"source": "source", "medium": "medium", "name": "campaign", "term": "term", "content": "content"}
        told["utm"] = {
            ours: campaign[theirs] for theirs, ours in parts.items() if isinstance(campaign.get(theirs), str)
        }
    properties = _dict(message, "properties")
    match message.get("type"):
        case "identify":
            return "lead", {**told, **_lead({**_dict(context, "traits"), **_dict(message, "traits")}, context)}
        case "page":
            address = properties.get("path") or properties.get("url") or _dict(context, "page").get("path")
            subject = channel.path(address) if isinstance(address, str) else message.get("name")
            return "behaviour", {**told, "kind": "page", "subject": subject or "/"}
        case "track":
            return "behaviour", {**told, **_tracked(message.get("event"), properties)}
        case _:
            raise Unmappable(_NOTHING, "/type")


def _lead(traits: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    company = traits.get("company")
    if isinstance(company, dict):
        _gather(told, company, _COMPANY)
    elif company is not None:
        told["company"] = company
    _gather(told, traits, _TRAITS)
    told["country"] = _dict(traits, "address").get("country") or traits.get("country")
    told["landing_page"] = _dict(context, "page").get("url")
    used = {*_TRAITS, "company", "address", "country"}
    for name, value in traits.items():
        if name not in used and isinstance(value, str | int | float):
            bring.put(told, f"attributes.{name.replace('.', '_')}", value)
    return told


def _gather(told: dict[str, Any], traits: dict[str, Any], names: dict[str, str]) -> None:
    for theirs, ours in names.items():
        if traits.get(theirs) is not None:
            bring.put(told, ours, traits[theirs])


def _tracked(event: object, properties: dict[str, Any]) -> dict[str, Any]:
    form = properties.get("form") or properties.get("form_name") or properties.get("formId")
    if event == "Form Submitted" and isinstance(form, str):
        return {"kind": "form", "subject": form}
    return {"kind": "event", "subject": event}


def _corrected(message: dict[str, Any], sent_at: object, received_at: datetime) -> str | None:
    """`received_at - (sentAt - originalTimestamp)`; without `sentAt`, the message's own time."""
    told = message.get("originalTimestamp") or message.get("timestamp")
    if not isinstance(told, str | int | float):
        return None
    claimed = times.read(told, _UTC, "/timestamp")
    sent = message.get("sentAt") or sent_at
    if isinstance(sent, str | int | float):
        try:
            claimed = received_at - (times.read(sent, _UTC, "/sentAt") - claimed)
        except OverflowError as error:
            raise Unmappable("the sender's clock is centuries off", "/sentAt") from error
    return claimed.isoformat()


def _dict(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}
