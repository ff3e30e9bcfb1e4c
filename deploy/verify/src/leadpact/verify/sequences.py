"""Check 1: a partition's sequences are 1, 2, 3 …; what comes a second time is the same to the byte."""

from struct import Struct

from leadpact.verify.findings import Check, Findings
from leadpact.verify.log import Kept
from leadpact.verify.rolls import Roll

_PRINT = Struct("<q")


class Sequence:
    """Reads one partition; a roll has eight bytes of each record, to know it when it comes again."""

    def __init__(self, where: str, found: Findings) -> None:
        self._where = where
        self._found = found
        self._prints = Roll(_PRINT.size)

    @property
    def last(self) -> int:
        """The last sequence seen."""
        return len(self._prints)

    def first(self, record: Kept) -> bool:
        """Whether the record is here for the first time, in its place; readers drop or refuse every other one."""
        seq = record.seq
        if seq is None or seq < 1:
            self._violated(record, "no sequence rides with it" if seq is None else "its sequence is no number from 1")
            return False
        told = _PRINT.pack(hash((record.key, record.value)))
        if seq <= self.last:
            self._found.count("duplicates")
            if self._prints.at(seq - 1) != told:
                self._violated(record, f"sequence {seq} came before, with other bytes")
            return False
        if seq > self.last + 1:
            self._violated(record, f"sequence {seq} follows {self.last}")
        self._prints.put(seq - 1, told)
        return True

    def _violated(self, record: Kept, says: str) -> None:
        self._found.violated(Check.SEQUENCES, f"{self._where} offset {record.offset}", says)
