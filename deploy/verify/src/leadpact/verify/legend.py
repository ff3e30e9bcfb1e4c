"""What each check looks at, what to do where it is BAD, and what each figure counts, in words for who sees them first.

What to do is that of the table in docs/runbook.md, *What `verify` finds*; a test holds them together.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from leadpact.verify.findings import Check


class Looked(NamedTuple):
    """What is right where a check is ok; what to do where it is not, and the section of docs/runbook.md about it."""

    right: str
    do: str
    see: str = "What `verify` finds"


_OURS = "a fault of ours; decisions of another revision are not judged"
CHECKS: Mapping[Check, Looked] = MappingProxyType(
    {
        Check.SEQUENCES: Looked(
            "each topic's records are numbered 1, 2, 3 …, and a repeat is the same to the byte",
            "restore Kafka's data; see A slot has stopped, or Dead letters",
            "A slot has stopped",
        ),
        Check.OUTCOMES: Looked(
            "every accepted delivery ended, each of its items in exactly one way",
            "a fault of ours: keep the output, look at intake's log around the delivery",
        ),
        Check.EVENTS: Looked(
            "each event has its version, partition, cause and id, and is passed on unchanged",
            "somebody wrote into a topic, or a fault of ours",
        ),
        Check.POSITIONS: Looked(
            "every consumer has read to the end, its time never went back, nothing waits for ever",
            "readiness of that worker says why",
            "A slot has stopped",
        ),
        Check.ENGAGEMENTS: Looked("a lead has one open engagement per product line at most", _OURS),
        Check.MQLS: Looked("who became MQL, and when, follows from the facts by the agreement", _OURS),
        Check.CLOCKS: Looked("each promise was kept track of, due and judged as the agreement says", _OURS),
        Check.PROMISES: Looked(
            "marketing's monthly promise was judged once, and by the numbers in the log",
            "the judge has one slot: is it held (`operations`), do the marks of all slots move? "
            "else a fault of ours: keep the output",
        ),
        Check.STATE: Looked(
            "what the qualifier and the sla-monitor remember of each lead is what the log says",
            "somebody wrote into a table, or a fault of ours; see Rebuilding state",
            "Rebuilding state",
        ),
        Check.READ_MODELS: Looked(
            "each row of reporting's tables is what the log says",
            "somebody wrote into a table, or a fault of ours; see Read models",
            "Read models",
        ),
        Check.EFFECTS: Looked(
            "each mail was asked for by a decision in live time, and is there once",
            "look at who else writes to the table",
            "Mail",
        ),
        Check.RETURNS: Looked(
            "each closing that an exhausted cadence asks for came back as one fact",
            "is it a dead letter of the normaliser? "
            "else two versions of the code at work, or a fault of ours: keep the log",
            "Dead letters",
        ),
        Check.CANARIES: Looked(
            "of the texts given with --canary none stands anywhere in the clear",
            "take the place out of reach first; then find who wrote it",
        ),
    }
)
QUIET = frozenset({Check.MQLS, Check.CLOCKS, Check.STATE, Check.READ_MODELS})
"""Checks that are passed over while slots are at work."""


class Figure(NamedTuple):
    """A figure whose name begins so: the check it belongs to (none: the log as a whole), and what it counts."""

    begins: str
    check: Check | None
    says: str


FIGURES = (
    Figure("records", None, "of all topics, with repeats and marks"),
    Figure("duplicates", Check.SEQUENCES, "written again after a lost acknowledgement; readers skip them"),
    Figure("deliveries", Check.OUTCOMES, "that we answered with 2xx: one request, or one file"),
    Figure("raw records not read yet", Check.OUTCOMES, "deliveries that intake has still to look into"),
    Figure("raw records", Check.OUTCOMES, "deliveries as they came; one may stand twice"),
    Figure(
        "items normalised that changed nothing", Check.OUTCOMES, "orders to open or close a lane that was so already"
    ),
    Figure("items normalised", Check.OUTCOMES, "that became facts"),
    Figure("items duplicate", Check.OUTCOMES, "that had come before"),
    Figure("items rejected", Check.OUTCOMES, "of no use, and said so to the sender"),
    Figure("items quarantined", Check.OUTCOMES, "set aside for a person: `leadpact quarantine list`"),
    Figure("items", Check.OUTCOMES, "in those deliveries"),
    Figure("events in ", Check.EVENTS, "of this topic; what was passed on to it is counted too"),
    Figure(
        "leads whose clocks were not judged again",
        Check.CLOCKS,
        "set aside, or decided by another revision of the code",
    ),
    Figure("leads judged again", Check.MQLS, "by verify's own reading of the rules"),
    Figure("leads not judged again", Check.MQLS, "set aside, or decided by another revision of the code"),
    Figure("leads", Check.EVENTS, "people whose story was read"),
    Figure("control states", Check.STATE, "slots whose knowledge of agreements, teams and leave was compared"),
    Figure("shared rows", Check.STATE, "counters of a team's round robin"),
    Figure("fences", Check.POSITIONS, "slots (a consumer with one partition) whose position was compared"),
    Figure("outgoing streams", Check.POSITIONS, "outboxes that were compared with what stands in the log"),
    Figure("not quiet", Check.POSITIONS, "slots and outboxes that were still at work"),
    Figure("parked keys", Check.POSITIONS, "leads set aside since our code failed on them: `leadpact parked list`"),
    Figure("waiting records", Check.POSITIONS, "of those leads"),
    Figure("dead letters", Check.POSITIONS, "records that nobody can read: `leadpact dead-letters list`"),
    Figure("open engagements", Check.ENGAGEMENTS, "of these, not ended yet"),
    Figure("engagements", Check.ENGAGEMENTS, "runs of a lead through the funnel"),
    Figure("decisions of qualifier", Check.MQLS, "events it wrote; a revision is a version of its rules"),
    Figure("decisions of sla-monitor", Check.CLOCKS, "events it wrote; a revision is a version of its rules"),
    Figure("clocks", Check.CLOCKS, "promises to a lead: routing, first response, cadence"),
    Figure("verdicts", Check.CLOCKS, "on those, revisions included"),
    Figure("promises judged", Check.PROMISES, "months of marketing's promise"),
    Figure("rows of state", Check.STATE, "of a consumer: a lead's state, its timers, what was counted"),
    Figure("rows of ", Check.READ_MODELS, "each one of reporting's tables"),
    Figure("effects", Check.EFFECTS, "mails, sent or to be sent"),
    Figure("returns", Check.RETURNS, "closings that went round"),
    Figure("log files searched", Check.CANARIES, "of all processes"),
    Figure("pages searched", Check.CANARIES, "of metrics"),
)
"""Of two that fit the first one holds."""


def figure(name: str) -> Figure:
    """What a figure is; one that nobody explained stands for itself."""
    return next((each for each in FIGURES if name.startswith(each.begins)), Figure(name, None, ""))
