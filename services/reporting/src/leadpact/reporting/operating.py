"""What the operations page says: each service's last look at its own tables, judged as the runbook does."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from leadpact.kit.pg.survey import Consuming
from leadpact.kit.surveying import EVERY, SILENT, Looked
from leadpact.reporting.domain.panels import STALE, State
from leadpact.reporting.domain.sentences import plural
from leadpact.web.filters import MISSING, count, duration

_FULL = 10_000
"""So many messages in an outbox are more than a relay's delay (docs/runbook.md)."""
_STANDS = 1800.0
"""Seconds of the world after which time is said to stand still, as on the wall."""
_OLD = timedelta(seconds=3 * EVERY)


class Figure(NamedTuple):
    """A number with its judgement in a word; `note` says what it is made of, or what to do."""

    id: str
    title: str
    value: str
    state: str
    word: str
    note: str


class Line(NamedTuple):
    """A consumer of a service; numbers as text."""

    consumer: str
    behind: str
    age: str
    slots: str
    fenced: str
    parked: str
    dead: str
    state: str
    word: str


class Part(NamedTuple):
    """A process that answers here, or a worker as its service's tables know it."""

    name: str
    state: str
    word: str


class Board(NamedTuple):
    """The whole page."""

    figures: list[Figure]
    lines: list[Line]
    parts: list[Part]


def board(looks: Mapping[str, Looked | None], gates: Mapping[str, str | None], now: datetime) -> Board:
    """The page from the last look of each service and from this process's gates, as of an instant of the world."""
    told = {name: looked for name, looked in looks.items() if looked is not None}
    parts = [*_gates(gates), *(part for name, looked in looks.items() for part in _service(name, looked, now))]
    lines = [_line(each, looked) for looked in told.values() for each in looked.survey.consumers]
    return Board([_readiness(parts), *_figures(list(told.values()))], lines, parts)


def _figures(looks: list[Looked]) -> list[Figure]:
    consumers = [each for looked in looks for each in looked.survey.consumers]
    surveys = [looked.survey for looked in looks]
    held, given_up = sum(one.held for one in surveys), sum(one.given_up for one in surveys)
    failing = sum(one.failing for one in surveys)
    fenced = sum(member.fenced for each in consumers for member in each.members)
    outbox = sum(one.outbox for one in surveys)
    return [
        _behind(looks),
        _age(looks),
        Figure(
            "outbox",
            "Outbox",
            count(outbox),
            *_judged(outbox > _FULL, "the relay is late", good="flows"),
            "to be published",
        ),
        *(
            Figure(own.id, own.title, count(n), *_judged(n, own.word, State.WARN), own.do)
            for looked in looks
            for own, n in looked.counts
        ),
        _counted("unowned", "Slots without owner", sum(each.unowned for each in consumers), "look at the worker"),
        _counted("parked", "Parked keys", sum(each.parked for each in consumers), "leadpact parked list"),
        _counted("dead", "Dead letters", sum(each.dead for each in consumers), "leadpact dead-letters list"),
        Figure(
            "fenced",
            "Batches fenced",
            count(fenced),
            "",
            "taken back" if fenced else "none",
            "since these workers began",
        ),
        Figure(
            "mail",
            "Mail not sent",
            count(held + given_up),
            *(_judged(given_up, "refused for good") if given_up else _judged(failing, "fails", State.WARN)),
            f"{count(held)} held, {count(failing)} of them failing; {count(given_up)} given up",
        ),
    ]


def _readiness(parts: list[Part]) -> Figure:
    ready = sum(part.state == State.GOOD for part in parts)
    judged = _judged(len(parts) - ready, "see below", good="all are")
    return Figure("ready", "Ready", f"{ready} of {len(parts)}", *judged, "processes and workers")


def _behind(looks: list[Looked]) -> Figure:
    known = [looked.behind for looked in looks if looked.behind is not None]
    if len(known) < len(looks):
        return Figure("behind", "Records behind", MISSING, State.WARN, "not known", "Kafka does not answer")
    by = {consumer: n for told in known for consumer, n in told.items()}
    most = max(by, key=lambda consumer: by[consumer], default=None)
    if most is None or not by[most]:
        return Figure("behind", "Records behind", count(0), "", "none", "every consumer is at its end")
    return Figure("behind", "Records behind", count(sum(by.values())), "", "to be handled", f"most in {most}")


def _age(looks: list[Looked]) -> Figure:
    ages = {each.consumer: _seconds(each, looked) for looked in looks for each in looked.survey.consumers}
    known = {consumer: age for consumer, age in ages.items() if age is not None}
    if not known:
        return Figure("age", "Mark age", MISSING, "", "not begun", "no time has passed yet")
    oldest = max(known, key=lambda consumer: abs(known[consumer]))
    state, word = _standing(known[oldest])
    return Figure("age", "Mark age", _span(known[oldest]), state, word, f"the oldest, of {oldest}")


def _line(each: Consuming, looked: Looked) -> Line:
    age = _seconds(each, looked)
    said = [] if age is None else [_standing(age)]
    said += [(State.BAD, f"{each.unowned} without owner")] if each.unowned else []
    said += [(State.BAD, plural(each.parked, "parked key"))] if each.parked else []
    said += [(State.BAD, plural(each.dead, "dead letter"))] if each.dead else []
    worst = [(state, word) for state, word in said if state != State.GOOD] or said or [("", "no mark")]
    return Line(
        each.consumer,
        MISSING if looked.behind is None else count(looked.behind[each.consumer]),
        MISSING if age is None else _span(age),
        f"{each.slots - each.unowned} of {each.slots}",
        count(sum(member.fenced for member in each.members)),
        count(each.parked),
        count(each.dead),
        State.BAD if any(state == State.BAD for state, _ in worst) else worst[0][0],
        ", ".join(word for _, word in worst),
    )


def _gates(gates: Mapping[str, str | None]) -> list[Part]:
    return [Part(name, State.BAD if why else State.GOOD, why or "ready") for name, why in gates.items()]


def _service(name: str, looked: Looked | None, now: datetime) -> Iterable[Part]:
    """Each worker once, in however many consumers it takes part; what was said too long ago is not believed."""
    if looked is None:
        return [Part(f"{name}'s tables", State.WARN, "not read yet")]
    if now - looked.at > _OLD:
        return [Part(f"{name}'s tables", State.BAD, f"no answer for {duration(now - looked.at)}")]
    members = max((each.members for each in looked.survey.consumers), key=len, default=())
    if not members:
        return [Part(f"{name}'s worker", State.BAD, "none runs")]
    return [
        Part(member.name, State.BAD, f"not seen for {duration(member.unseen)}")
        if member.unseen > SILENT
        else Part(member.name, State.BAD if member.waiting else State.GOOD, member.waiting or "ready")
        for member in sorted(members, key=lambda each: each.name)
    ]


def _seconds(each: Consuming, looked: Looked) -> float | None:
    """How far the slowest mark is behind business time, in seconds of the world; less than 0 where one is ahead."""
    if each.slowest is None or each.fastest is None:
        return None
    ahead = (looked.now - each.fastest).total_seconds() / looked.speed
    return ahead if ahead < -STALE else max(0.0, (looked.now - each.slowest).total_seconds() / looked.speed)


def _standing(seconds: float) -> tuple[str, str]:
    if seconds < 0:
        return State.BAD, "ahead of the clock"
    if seconds >= _STANDS:
        return State.BAD, "standing still"
    return (State.WARN, "lagging") if seconds >= STALE else (State.GOOD, "time passes")


def _counted(name: str, title: str, n: int, do: str) -> Figure:
    return Figure(name, title, count(n), *_judged(n, do), "")


def _judged(wrong: float, word: str, state: State = State.BAD, *, good: str = "none") -> tuple[str, str]:
    return (state, word) if wrong else (State.GOOD, good)


def _span(seconds: float) -> str:
    return duration(timedelta(seconds=seconds))
