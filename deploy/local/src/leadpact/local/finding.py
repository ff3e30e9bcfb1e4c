"""One thing that the doctor looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `do` says what to do where it is not well."""

    what: str
    well: bool
    says: str
    do: str = ""
