"""One thing that the doctor looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `do` says what to do where it is not well.

    `moving`: what is not well may be over in a moment, as while processes start.
    """

    what: str
    well: bool
    says: str
    do: str = ""
    moving: bool = False
