"""The port to the vault: what must be forgettable goes in and comes out, a batch at a time."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol


class Safe(Protocol):
    """Seals contact data per person and raw deliveries per day (rule 13); every method may raise `Unavailable`."""

    async def seal(self, contacts: Sequence[tuple[str, Mapping[str, str]]]) -> list[str]:
        """Contact data of people as text for the log, in order; empty for nothing to seal or a forgotten person."""
        ...

    async def open(
        self, sealed: Sequence[tuple[str, str]], *, reader: str, purpose: str
    ) -> list[dict[str, str] | None]:
        """Contact data of (person, sealed text), in order; None where the person was forgotten or never sealed for.

        The reading is written down first: `reader` is who looks, `purpose` what for. An empty text opens to nothing.
        Raises `VaultError` for a text that was changed or is about somebody else.
        """
        ...

    async def forget(self, person: str) -> None:
        """Make everything sealed for a person unreadable for ever, within a minute everywhere."""
        ...

    async def seal_raw(self, day: date, raw: bytes) -> bytes:
        """Bytes under the key of a day; raises `VaultError` for a day that was forgotten."""
        ...

    async def open_raw(self, day: date, sealed: bytes) -> bytes | None:
        """The bytes again; None when the day was forgotten. Raises `VaultError` for bytes changed or of another day."""
        ...

    async def forget_raw(self, before: date) -> None:
        """What was sealed on days before this one can be read by nobody any more, within a minute everywhere."""
        ...
