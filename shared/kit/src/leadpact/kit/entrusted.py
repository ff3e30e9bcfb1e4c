"""What one process is entrusted with: the passwords of the roles it works as, and intake's key where it needs that.

None of it tells the master key or what other processes were given (HKDF). A file that its owner alone reads, because an
environment is seen by whoever lists processes.
"""

import os
from pathlib import Path

import msgspec


class Entrusted(msgspec.Struct, frozen=True):
    """`passwords` by schema; `intake_key`: 64 hexadecimal digits, or nothing."""

    passwords: dict[str, str]
    intake_key: str = ""


def write(file: Path, entrusted: Entrusted) -> None:
    """Write it anew for its owner alone."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(msgspec.json.encode(entrusted))


def read(file: Path) -> Entrusted:
    """Raises `ValueError` that shows nothing of it."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Entrusted)
    except (OSError, msgspec.MsgspecError) as error:
        message = f"{file} cannot be read"
        raise ValueError(message) from error
