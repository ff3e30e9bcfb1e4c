"""What is sent in a run: letters that say what they ought to be answered and what is to become of them."""

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from random import Random
from typing import Any

LEADS, ACTIVITIES, HOOK = "/v1/leads", "/v1/activities", "/hooks/typeform/chaos"
SOURCE: Mapping[str, Any] = {"name": "chaos", "kind": "typeform", "secrets": ["signed by the chaos sender"]}
"""The source whose webhook is signed; it stands nowhere but in this run's own installation."""
REPS = ("ann", "bo", "cy")
AT = "@company"
"""What stands in everybody's mail address, and is to stand nowhere in the clear."""
LATE = 0.1
_ACCEPTED, _OK = 202, 200
_LONG_AGO = timedelta(days=3)


class End(StrEnum):
    """What is to become of a letter."""

    NORMALISED = "normalised"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"  # refused, and kept each time it came
    UNKEPT = "unkept"  # refused, and never heard of again


@dataclass(frozen=True, slots=True)
class Letter:
    """A POST: `name` says what it is, `status` what it is answered."""

    name: str
    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = _ACCEPTED
    end: End = End.NORMALISED

    @property
    def key(self) -> str:
        """What the log knows it by: the hash of its bytes (rule 7)."""
        return blake2b(self.body, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Told:
    """What a letter is made from: its number in the run, whom it is about, when it occurred."""

    number: int
    person: int
    at: datetime

    @property
    def id(self) -> str:
        """Its delivery key."""
        return f"d{self.number}"

    @property
    def item(self) -> dict[str, Any]:
        """What every item of ours says."""
        email = f"person{self.person}{AT}{self.person}.example"
        return {"id": self.id, "occurred_at": self.at.isoformat(), "email": email}


Maker = Callable[[Told], Letter]


def letters(
    random: Random, people: int, now: Callable[[], datetime], poison: Mapping[str, Maker], every: int
) -> Iterator[Letter]:
    """Letters without end; every so many one of the poison, each kind once before any comes twice."""
    number, waiting = 0, list[str]()
    while True:
        number += 1
        at = now() - (_LONG_AGO * random.random() if random.random() < LATE else timedelta())
        told = Told(number, random.randrange(people), at)
        if number % every == 0:
            waiting = waiting or random.sample(sorted(poison), len(poison))
            yield poison[waiting.pop()](told)
        else:
            yield _usable(told, random)


def _usable(told: Told, random: Random) -> Letter:
    chance = random.random()
    if chance < 0.27:  # noqa: PLR2004 - three in ten fill in a form
        return ours(told, LEADS, form(told, random))
    if chance < 0.3:  # noqa: PLR2004 - some of them Typeform's
        return signed(told, filled(told, form(told, random)))
    if chance < 0.6:  # noqa: PLR2004 - as many look around; all others are called, so that cadences are kept in vain
        return ours(told, ACTIVITIES, {"type": "behaviour", "kind": "page", "subject": f"/page/{told.number % 40}"})
    return ours(told, ACTIVITIES, _touch(random))


def ours(told: Told, path: str, more: dict[str, Any]) -> Letter:
    """An item of our own JSON; what `more` says wins."""
    return Letter(told.id, path, json.dumps(told.item | more).encode())


def form(told: Told, random: Random) -> dict[str, Any]:
    """A form that somebody filled in."""
    name = "demo" if random.random() < 0.3 else "newsletter"  # noqa: PLR2004 - enough become MQL
    person = told.person
    return {"name": f"Person {person}", "company": f"Company {person}", "employees": 120, "country": "DE", "form": name}


def filled(told: Told, said: Mapping[str, Any]) -> bytes:
    """The same as Typeform tells it."""
    fields = {**said, "email": told.item["email"]}
    name = fields.pop("form")
    answers = [
        {"type": kind, kind: value, "field": {"ref": ref}}
        for ref, value in fields.items()
        if (kind := "number" if isinstance(value, int) else "text")
    ]
    response = {"form_id": name, "submitted_at": told.at.isoformat(), "answers": answers}
    return json.dumps({"event_id": told.id, "form_response": response}).encode()


def signed(told: Told, body: bytes, **more: Any) -> Letter:  # noqa: ANN401 - fields of `Letter`
    """Bytes with the signature of the source."""
    made = b64encode(hmac.digest(SOURCE["secrets"][0].encode(), body, "sha256")).decode()
    return Letter(told.id, HOOK, body, **{"headers": {"Typeform-Signature": f"sha256={made}"}, "status": _OK, **more})


def _touch(random: Random) -> dict[str, Any]:
    outcome = random.choice(("connected", "no_answer", "voicemail"))
    actor = {"id": random.choice(REPS), "kind": "human"}
    return {"type": "touch", "kind": "call", "direction": "out", "outcome": outcome, "seconds": 60, "actor": actor}
