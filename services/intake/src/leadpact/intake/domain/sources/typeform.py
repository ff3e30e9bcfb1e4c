"""Typeform's webhook: one filled form; answers are found by `field.ref`, hidden fields by name."""

from collections.abc import Mapping
from typing import Any

from leadpact.intake.domain import strict
from leadpact.intake.domain.draft import Draft, body_key, refusal
from leadpact.intake.domain.sources import bring
from leadpact.intake.errors import IntakeError, Unmappable

_BY_TYPE = {"email": "email", "phone_number": "phone"}
_FORM = "form:"
_HIDDEN = {
    "utm_source": "utm.source",
    "utm_medium": "utm.medium",
    "utm_campaign": "utm.campaign",
    "utm_term": "utm.term",
    "utm_content": "utm.content",
}


def drafts(mapping: Mapping[str, str], body: bytes) -> list[Draft]:
    """The lead that filled the form; raises `Unreadable` for what is no JSON.

    `mapping` says which ref or hidden field is which of a lead's fields, and by `form:<form_id>` how a form is called.
    """
    event = strict.read(body)
    own = event.get("event_id") if isinstance(event, dict) else None
    key = f"id {own}" if isinstance(own, str) and own else body_key(body)
    try:
        return [Draft(0, key, body, bring.into("lead", _told(mapping, event)))]
    except IntakeError as error:
        return [Draft(0, key, body, refusal(error))]


def check(mapping: Mapping[str, str]) -> None:
    """Raise `Unmappable` if an answer would go to a field that no lead has."""
    for name, target in mapping.items():
        if not name.startswith(_FORM) and not bring.fits("lead", target):
            raise Unmappable("a lead has no such field", f"/mapping/{strict.escaped(name)}")


def _told(mapping: Mapping[str, str], event: object) -> dict[str, Any]:
    response = _object(event, "form_response", "")
    form = response.get("form_id")
    told: dict[str, Any] = {"occurred_at": response.get("submitted_at")}
    if isinstance(form, str):
        told["form"] = mapping.get(f"{_FORM}{form}", form)
    hidden = response.get("hidden")
    for name, value in hidden.items() if isinstance(hidden, dict) else ():
        _fill(told, mapping.get(str(name)) or _HIDDEN.get(str(name), str(name)), value)
    answers = response.get("answers")
    for number, answer in enumerate(answers if isinstance(answers, list) else ()):
        if not isinstance(answer, dict):
            raise Unmappable("an answer is no object", f"/form_response/answers/{number}")
        _answer(told, mapping, answer)
    return told


def _answer(told: dict[str, Any], mapping: Mapping[str, str], answer: dict[str, Any]) -> None:
    kind = answer.get("type")
    field = answer.get("field")
    ref = field.get("ref") if isinstance(field, dict) else None
    ref = ref if isinstance(ref, str) else ""
    value = _value(answer.get(kind)) if isinstance(kind, str) else None
    target = mapping.get(ref) or (ref if bring.known(ref) else _BY_TYPE.get(str(kind), f"attributes.{ref}"))
    _fill(told, target, value)


def _fill(told: dict[str, Any], target: str, value: object) -> None:
    if value is None or target == "attributes.":
        return
    bring.put(told, target if bring.known(target) else f"attributes.{target.replace('.', '_')}", value)


def _value(answer: object) -> str | float | bool | None:
    """A scalar of any kind of answer: a choice is its label, several are joined."""
    match answer:
        case str() | int() | float():
            return answer
        case {"label": str(label)} | {"other": str(label)}:
            return label
        case {"labels": list(labels)}:
            return ", ".join(str(label) for label in labels)
        case _:
            return None


def _object(value: object, name: str, pointer: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        raise Unmappable(f"{name} is missing", f"{pointer}/{name}")
    return found
