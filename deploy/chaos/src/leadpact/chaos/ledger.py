"""What the sender knows at the end: of each letter, how it was answered. A night's do not fit into memory."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import msgspec

from leadpact.chaos.letters import End, Letter

_AT_ONCE = 1_000
_TABLES = """
pragma journal_mode = off;
pragma synchronous = off;
pragma cache_size = -16384;
create table posted (key text, said blob);
create table logged (key text, id text);
create table outcome (id text primary key, outcome text) without rowid;
"""
_FOUND = """
select key, said, null, null from posted
union all
select key, null, id, coalesce(outcome, 'nothing') from logged left join outcome using (id)
order by key
"""


class Posted(msgspec.Struct):
    """A letter, however often it was sent; `copies` of it have no answer yet.

    `given` are the numbers intake gave to what it accepted, `refused` counts refusals that were right, `open` tries
    that got no answer or a 5xx (they may have come through all the same), `wrong` holds other answers.
    """

    name: str
    end: End
    given: list[str] = []
    refused: int = 0
    open: int = 0
    wrong: list[int] = []
    copies: int = 0


class Found(msgspec.Struct, frozen=True):
    """What is known of one key: what was `posted`, if anything, and what became of each delivery in the log."""

    posted: Posted | None
    ends: dict[str, str]


class Ledger:
    """Letters by what the log knows them by, in a file; those that were not answered yet are with their senders."""

    def __init__(self, file: Path) -> None:
        self.answers: Counter[str] = Counter()
        self.letters = self.accepted = self.open = self.poisoned = 0
        self.unanswered = 0
        self._answered: list[tuple[str, bytes]] = []
        self._book = sqlite3.connect(file, isolation_level=None)
        self._book.executescript(_TABLES)

    def post(self, letter: Letter, copies: int) -> Posted:
        """Take note that so many copies of it will be sent."""
        self.letters += 1
        self.poisoned += letter.end is not End.NORMALISED
        self.unanswered += copies
        return Posted(letter.name, letter.end, copies=copies)

    def settle(self, key: str, posted: Posted) -> None:
        """One of its copies has its answer; with the last it is written down."""
        self.unanswered -= 1
        posted.copies -= 1
        if not posted.copies:
            self.accepted += len(posted.given)
            self.open += posted.open
            self._answered.append((key, msgspec.msgpack.encode(posted)))
            if len(self._answered) >= _AT_ONCE:
                self._write()

    def logged(self, deliveries: Iterable[tuple[str, str]]) -> None:
        """Note what stands in the log: key and id of deliveries; a record may stand there twice."""
        self._many("insert into logged values (?, ?)", deliveries)

    def ended(self, outcomes: Iterable[tuple[str, str]]) -> None:
        """Note what became of deliveries, by their ids."""
        self._many("insert or replace into outcome values (?, ?)", outcomes)

    def found(self) -> Iterator[Found]:
        """Everything, key by key."""
        self._write()
        decode = msgspec.msgpack.Decoder(Posted).decode
        with closing(self._book.execute(_FOUND)) as rows:
            for _, group in groupby(rows, itemgetter(0)):
                said, ends = None, {}
                for _, raw, id_, outcome in group:
                    if raw is None:
                        ends[id_] = outcome
                    else:
                        said = decode(raw)
                yield Found(said, ends)

    def close(self) -> None:
        """Let go of the file."""
        self._book.close()

    def _write(self) -> None:
        self._many("insert into posted values (?, ?)", self._answered)
        self._answered.clear()

    def _many(self, statement: str, rows: Iterable[tuple[str, str | bytes]]) -> None:
        self._book.execute("begin")
        self._book.executemany(statement, rows)
        self._book.execute("commit")
