"""A small disk of its own for what a server keeps: a tmpfs, which is made full by making it no larger than its content.

Only root may mount one, and not everywhere.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from leadpact.chaos.errors import NoDisk

_MEGABYTE = 1024 * 1024
_MOUNT, _UNMOUNT = "/usr/bin/mount", "/usr/bin/umount"


class Disk:
    """Mounted over an empty folder, which keeps its owner; `megabytes` are taken of memory as they are filled.

    Raises `NoDisk`.
    """

    def __init__(self, folder: Path, megabytes: int) -> None:
        self._folder = folder
        self._room = megabytes * _MEGABYTE
        owner = folder.stat()
        options = f"size={self._room},mode={owner.st_mode & 0o777:o},uid={owner.st_uid},gid={owner.st_gid}"
        _run(_MOUNT, "-t", "tmpfs", "-o", options, "tmpfs", str(folder))

    def fill(self) -> None:
        """From now on nothing more fits."""
        for more in range(64):  # it may grow while we look
            with suppress(NoDisk):
                self._resize(max(1, self.used()) + more * _MEGABYTE // 4)  # of size 0 it would have no bounds
                return
        raise NoDisk(f"{self._folder} cannot be made full: {self.used()} bytes")

    def clear(self) -> None:
        """There is room again."""
        self._resize(self._room)

    def remove(self) -> None:
        """Unmount it, with what it holds; who may still use it keeps it until its end."""
        _run(_UNMOUNT, "--lazy", str(self._folder))

    def used(self) -> int:
        """Bytes that are filled."""
        told = os.statvfs(self._folder)
        return (told.f_blocks - told.f_bfree) * told.f_frsize

    def _resize(self, size: int) -> None:
        _run(_MOUNT, "-o", f"remount,size={size}", str(self._folder))


@contextmanager
def full(disks: Sequence[Disk]) -> Iterator[None]:
    """Nothing more fits on any of them until the context is left, whatever happens; raises `NoDisk`."""
    with ExitStack() as room:
        for disk in disks:
            room.callback(disk.clear)
            disk.fill()
        yield


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own arguments
    except FileNotFoundError as error:
        raise NoDisk(str(error)) from error
    except subprocess.CalledProcessError as error:
        raise NoDisk(error.stderr.strip()) from error
