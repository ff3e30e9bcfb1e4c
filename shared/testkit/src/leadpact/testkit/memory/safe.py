"""A vault in memory: it gives out tokens and forgets by the same rules as the real one, without a cipher."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import count
from typing import NamedTuple

import msgspec

from leadpact.kit.errors import Unavailable, VaultError


class Name(NamedTuple):
    """Whose key it is: a person's, or a day's in ISO form."""

    kind: str
    name: str


class MemorySafe:
    """`readings` are who opened whose data and what for, in order; while `down` it answers nobody."""

    def __init__(self) -> None:
        self.readings: list[tuple[str, str, str]] = []
        self.down = False
        self._alive: dict[Name, bool] = {}
        self._kept: dict[str, tuple[Name, bytes]] = {}
        self._numbers = count(1)

    async def seal(self, contacts: Sequence[tuple[str, Mapping[str, str]]]) -> list[str]:
        """A token for each person's contact data; empty for nothing to seal or a forgotten person."""
        self._answer()
        people = [(Name("person", person), contact) for person, contact in contacts]
        return [
            self._keep(person, msgspec.json.encode(contact)) if contact and self._alive.setdefault(person, True) else ""
            for person, contact in people
        ]

    async def open(
        self, sealed: Sequence[tuple[str, str]], *, reader: str, purpose: str
    ) -> list[dict[str, str] | None]:
        """What the tokens stand for; the reading is noted first."""
        self._answer()
        self.readings += [(reader, purpose, person) for person in sorted({person for person, text in sealed if text})]
        found = [self._look(Name("person", person), text) if text else b"{}" for person, text in sealed]
        return [None if each is None else msgspec.json.decode(each, type=dict[str, str]) for each in found]

    async def forget(self, person: str) -> None:
        """Nothing of a person is kept any more, now and later."""
        self._answer()
        self._lose(Name("person", person))

    async def seal_raw(self, day: date, raw: bytes) -> bytes:
        """A token for the bytes; raises `VaultError` for a forgotten day."""
        self._answer()
        name = Name("day", day.isoformat())
        if not self._alive.setdefault(name, True):
            raise VaultError(f"{day} was forgotten")
        return self._keep(name, raw).encode()

    async def open_raw(self, day: date, sealed: bytes) -> bytes | None:
        """What the token stands for."""
        self._answer()
        return self._look(Name("day", day.isoformat()), sealed.decode(errors="replace"))

    async def forget_raw(self, before: date) -> None:
        """Nothing of the days before this one is kept any more."""
        self._answer()
        for name in list(self._alive):
            if name.kind == "day" and name.name < before.isoformat():
                self._lose(name)

    def _keep(self, name: Name, clear: bytes) -> str:
        token = f"sealed-{next(self._numbers)}"
        self._kept[token] = name, clear
        return token

    def _look(self, name: Name, token: str) -> bytes | None:
        if not self._alive.get(name, False):
            return None
        owner, clear = self._kept.get(token, (None, b""))
        if owner != name:
            raise VaultError(f"this was never sealed for {name.kind} {name.name}")
        return clear

    def _lose(self, name: Name) -> None:
        self._alive[name] = False
        self._kept = {token: kept for token, kept in self._kept.items() if kept[0] != name}

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("the vault is down")
