"""What a person sees in the terminal: steps with seconds, tables, complaints; plain lines when it is no terminal."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)
STOPPED = 130
"""The exit code after Ctrl-C, as shells have it."""
_ANY = 10_000
"""Characters, more than a row ever has."""
_SELDOM = 5.0
"""Seconds between lines about long work when nobody looks."""


def say(text: str) -> None:
    """One line."""
    _out.print(text, markup=False)


def step(what: str, seconds: float) -> None:
    """A step that was done, and what it took."""
    _out.print(f"{seconds:7.1f} s  {what}", markup=False)


def complain(text: str) -> None:
    """What went wrong, and what to do, on standard error."""
    _err.print(f"leadpact: {text}", markup=False, style="bold red" if _err.is_terminal else None)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows under their names; tab-separated when nobody looks; that there are none is said on standard error.

    No word is cut: where a terminal is too narrow, rows stand one below the other, each value beside its name.
    """
    if not rows:
        _err.print("none")
        return
    if not _out.is_terminal:
        for row in (columns, *rows):
            sys.stdout.write("\t".join(map(str, row)) + "\n")
        return
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    for name, values in zip(columns, zip(*rows, strict=True), strict=True):
        words = [word for value in values for word in str(value).split()]
        drawn.add_column(name, min_width=max(map(len, (name, *words))))
    for row in rows:
        drawn.add_row(*(escape(str(value)) for value in row))
    if _out.measure(drawn, options=_out.options.update(width=_ANY)).minimum <= _out.width:
        _out.print(drawn)
    else:
        _one_below_the_other(columns, rows)


def _one_below_the_other(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """What a row has nothing to say about is left out."""
    width = max(map(len, columns))
    for number, row in enumerate(rows):
        if number:
            say("")
        for name, value in zip(columns, row, strict=True):
            if str(value):
                say(f"{name:<{width}}  {value}")


def as_json(value: Any) -> None:  # noqa: ANN401 - whatever json takes
    """A value for programs."""
    sys.stdout.write(json.dumps(value, indent=1, default=str) + "\n")


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int, str], None]]:
    """Long work: call what is given with how much is done and its state; a bar, or a line now and then on stderr."""
    if _err.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=_err, transient=True) as drawn:
            task = drawn.add_task(what, total=total)
            yield lambda done, state: drawn.update(task, completed=done, description=f"{what}: {state}")
        return
    told = (monotonic(), "")

    def line(done: int, state: str) -> None:
        nonlocal told
        if state != told[1] or monotonic() - told[0] > _SELDOM:
            told = (monotonic(), state)
            _err.print(f"{what}: {state}, {done} of {total}", markup=False)

    yield line
