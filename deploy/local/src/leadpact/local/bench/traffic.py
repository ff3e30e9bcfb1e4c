"""The facts that a measurement sends: people who fill in a form and look around, one in five of them an MQL."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

from leadpact.local.client import Api

FACTS_A_PERSON = 10
PEOPLE_AN_MQL = 5
AGREEMENT = "inbound-simple"
"""The starter by which they are judged: a form called demo, from a business address."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST; `numbers` are those of its facts."""

    path: str
    items: list[dict[str, Any]]
    numbers: range

    async def send(self, api: Api) -> float:
        """Returns when it was accepted (monotonic seconds)."""
        answer = await api.post(self.path, self.items)
        accepted = monotonic()
        assert not answer["rejected"], answer["rejected"][0]  # noqa: S101 - we made them ourselves
        return accepted


def deliveries(first: int, people: int, at_once: int, instant: Callable[[int], str]) -> Iterator[Delivery]:
    """Everything that so many people do, so many of them at once: their forms in a delivery, then the pages they saw.

    Facts are numbered on from `first`; `instant` gives the time of each.
    """
    for start in range(0, people, at_once):
        group = range(start, min(start + at_once, people))
        number = first + start * FACTS_A_PERSON
        forms = range(number, number + len(group))
        yield Delivery("/v1/leads", [_form(first + n, instant(f)) for n, f in zip(group, forms, strict=True)], forms)
        pages = range(forms.stop, number + len(group) * FACTS_A_PERSON)
        viewers = [person for person in group for _ in range(FACTS_A_PERSON - 1)]
        seen = [_page(first + n, f, instant(f)) for n, f in zip(viewers, pages, strict=True)]
        yield Delivery("/v1/activities", seen, pages)


def mqls(people: int) -> int:
    """How many of them become MQL."""
    return len(range(0, people, PEOPLE_AN_MQL))


def _form(person: int, at: str) -> dict[str, Any]:
    return {
        "occurred_at": at,
        "email": _email(person),
        "name": f"Person {person}",
        "company": f"Company {person}",
        "job_title": "Head of Marketing",
        "employees": 120,
        "country": "DE",
        "form": "demo" if person % PEOPLE_AN_MQL == 0 else "newsletter",
        "utm": {"source": "google", "medium": "cpc", "campaign": "spring"},
    }


def _page(person: int, number: int, at: str) -> dict[str, Any]:
    page = {"type": "behaviour", "email": _email(person), "kind": "page", "subject": f"/page/{number % 40}"}
    return {**page, "occurred_at": at}


def _email(person: int) -> str:
    return f"person{person}@company{person}.example"
