"""Where what is as wide as its neighbours waits: entries by number, in a file but for the latest and the nearest."""

import os
from tempfile import TemporaryFile
from typing import IO
from weakref import finalize

_BLOCK = 4_096
"""Entries that are written or read at once."""


class Roll:
    """Entries of `width` bytes each, written in ascending order; what was never written is zeros.

    The file goes with the roll.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._file: IO[bytes] | None = None
        self._tail = bytearray()
        self._written = 0
        self._end = 0
        self._near: tuple[int, bytes] = -1, b""

    def __len__(self) -> int:
        return self._end

    def put(self, number: int, entry: bytes) -> None:
        """Write an entry; `number` is none before the end."""
        if number != self._end:
            self._write()
            self._written = number  # a hole, for which a file needs no room
        self._tail += entry
        self._end = number + 1
        if len(self._tail) >= _BLOCK * self._width:
            self._write()

    def at(self, number: int) -> bytes | None:
        """The entry of a number, None from the end on; what stands near the one before is at hand."""
        if not 0 <= number < self._end:
            return None
        if number >= self._written:
            begin = (number - self._written) * self._width
            return bytes(self._tail[begin : begin + self._width])
        block, within = divmod(number, _BLOCK)
        if self._near[0] != block:
            self._near = block, self._read(block)
        entry = self._near[1][within * self._width : (within + 1) * self._width]
        return entry or bytes(self._width)

    def _write(self) -> None:
        if self._tail:
            if self._file is None:
                self._file = TemporaryFile(buffering=0)  # noqa: SIM115 - closed when nobody has the roll any more
                finalize(self, self._file.close)
            os.pwrite(self._file.fileno(), self._tail, self._written * self._width)
            self._tail.clear()
        self._written, self._near = self._end, (-1, b"")

    def _read(self, block: int) -> bytes:
        size = _BLOCK * self._width
        return b"" if self._file is None else os.pread(self._file.fileno(), size, block * size)
