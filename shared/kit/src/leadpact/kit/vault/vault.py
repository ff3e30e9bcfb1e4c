"""Seals what must be forgettable, a batch at a time, and writes down who opened what."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from datetime import date

import asyncpg
import msgspec

from leadpact.kit.clock import Clock
from leadpact.kit.errors import Unavailable, VaultError
from leadpact.kit.pg.answering import answering
from leadpact.kit.vault.keyring import Keyring, seal, unseal

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, str]).decode


class Vault:
    """Contact data under one key per person, raw deliveries under one key per day (rule 13).

    `pool` connects as the role of the schema `vault`. What was opened is to be shown, never stored.
    Every method raises `Unavailable` when the database does not answer and is needed.
    """

    def __init__(self, pool: asyncpg.Pool, master: bytes, clock: Clock) -> None:
        self._pool = pool
        self._people = Keyring(pool, master, "person", clock)
        self._days = Keyring(pool, master, "day", clock)
        self._clock = clock

    async def seal(self, contacts: Sequence[tuple[str, Mapping[str, str]]]) -> list[str]:
        """Contact data of people as text for the log, in the same order; people without a key get one.

        Nothing to seal, or a person who was forgotten: an empty text.
        """
        keys = await self._people.made({person for person, contact in contacts if contact})
        return [
            urlsafe_b64encode(seal(keys[person], _encode(contact), person.encode())).decode()
            if contact and person in keys
            else ""
            for person, contact in contacts
        ]

    async def open(
        self, sealed: Sequence[tuple[str, str]], *, reader: str, purpose: str
    ) -> list[dict[str, str] | None]:
        """Contact data of (person, sealed text) in the same order; None where the person was forgotten.

        The reading is written down first: `reader` is who looks, `purpose` what for. An empty text opens to nothing.
        Raises `VaultError`.
        """
        people = sorted({person for person, text in sealed if text})
        if people:
            with answering():
                await self._pool.execute(
                    "insert into reading (at, reader, purpose, person) select $1, $2, $3, unnest($4::text[])",
                    self._clock.wall(),
                    reader,
                    purpose,
                    people,
                )
        keys = await self._people.known(people)
        return [
            {} if not text else _decode(unseal(keys[person], _bytes(text), person.encode())) if person in keys else None
            for person, text in sealed
        ]

    async def forget(self, person: str) -> None:
        """Make everything sealed for a person unreadable for ever, within a minute everywhere (rule 13)."""
        await self._people.forget([person])

    async def seal_raw(self, day: date, raw: bytes) -> bytes:
        """A delivery under the key of its day; raises `VaultError` for a day that was forgotten.

        While the database is away the key that was known last is good enough: it is kept for 30 days.
        """
        try:
            keys = await self._days.made([day.isoformat()])
        except Unavailable:
            keys = self._days.last([day.isoformat()])
            if not keys:
                raise
        if not keys:
            message = f"the key of {day} was forgotten: nothing can be sealed for it any more"
            raise VaultError(message)
        return seal(keys[day.isoformat()], raw, day.isoformat().encode())

    async def open_raw(self, day: date, sealed: bytes) -> bytes | None:
        """A delivery as it was received, None when its day was forgotten; raises `VaultError`."""
        keys = await self._days.known([day.isoformat()])
        return unseal(keys[day.isoformat()], sealed, day.isoformat().encode()) if keys else None

    async def forget_raw(self, before: date) -> None:
        """Make raw deliveries of the days before this one unreadable for ever (30 days, rule 13)."""
        await self._days.forget_before(before.isoformat())


def _bytes(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text)
    except NotBase64 as error:
        message = "this is no sealed text"
        raise VaultError(message) from error
