"""Findings as text: check by check what was looked at and whether it is right, and where it is not, what to do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from leadpact.verify.findings import Check
from leadpact.verify.legend import CHECKS, QUIET, Figure, figure

SHOWN = 5
"""Violations of one check that are printed."""
_LONG = 300
"""Characters of one that are printed."""
_APART = 3
"""Figures of one kind that are printed by themselves; more are added up."""


def lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """What `installation.told` gives, for a person; `leadpact verify --json` has all of it."""
    figures = _figures(answer["figures"])
    yield from figures.get(None, ())
    for check, looked in CHECKS.items():
        wrong = answer["totals"].get(check.value, 0)
        passed = check in QUIET and not answer["complete"]
        yield f"{'BAD' if wrong else '--' if passed else 'ok':<4} {check.value}: {looked.right}"
        if passed:
            yield "       was not judged: slots were still at work"
        yield from figures.get(check, ())
        if wrong:
            yield from _violations([each for each in answer["violations"] if each["check"] == check.value], wrong)
            yield f"       do: {looked.do} (docs/runbook.md, {looked.see})"
    if not answer["complete"]:
        behind = answer["figures"]["not quiet"]
        yield f"INCOMPLETE: {behind} slots were still at work, and what rests on them was not judged"
    bad = ", ".join(f"{number:,} of {check}" for check, number in answer["totals"].items())
    yield f"{'clean' if answer['clean'] else f'NOT clean: violations: {bad}'}, {answer['seconds']} s"


def _figures(figures: Mapping[str, int]) -> dict[Check | None, list[str]]:
    """By check, those that are not 0; many of one kind become one line, and a legend is said once."""
    kinds: dict[Figure, list[str]] = {}
    for name, number in figures.items():
        if number:
            kinds.setdefault(figure(name), []).append(name)
    found: dict[Check | None, list[str]] = {}
    for kind, names in kinds.items():
        if len(names) > _APART:
            told = [_line(sum(figures[name] for name in names), f"{kind.begins}{len(names)} kinds", kind.says)]
        else:
            told = [_line(figures[name], name, "" if n else kind.says) for n, name in enumerate(names)]
        found.setdefault(kind.check, []).extend(told)
    return found


def _line(number: int, name: str, says: str) -> str:
    return f"{number:>12,}  {name}{': ' if says else ''}{says}"


def _violations(kept: Sequence[Mapping[str, str]], total: int) -> Iterator[str]:
    for each in kept[:SHOWN]:
        told = f"{each['where']}: {each['says']}"
        yield f"     - {told if len(told) <= _LONG else told[:_LONG] + ' …'}"
    if total > SHOWN:
        yield f"     - and {total - SHOWN:,} more; --json lists {len(kept)}"
