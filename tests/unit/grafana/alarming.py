"""For each alarm: figures that bring it about, from which second on, what it then says, and figures that do not.

Values are promtool's: `1+0x11` is a 1 that is scraped twelve times, five seconds apart; `_x12` are twelve without it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from leadpact.kit.meter import TURN

STEP = 5
"""Seconds between scrapes, and between evaluations."""
BEGINS = 60
"""The second in which figures turn bad, unless a case says another."""
HOUR = 720
"""Scrapes in an hour."""


class Figures(NamedTuple):
    """Series by name and labels, with their values; what is wanted is true from a second on."""

    series: dict[str, str]
    begins: int = BEGINS


class Alarm(NamedTuple):
    """What brings an alarm about, and what does not; `says` is its summary."""

    fires: Sequence[Figures]
    says: str
    quiet: Sequence[Figures]


def _above(series: str, bad: float, good: float, says: str, lasts: int = 0) -> Alarm:
    """A gauge that turns bad and stays so. It may stand at `good` for ever, and be bad for shorter than `lasts`."""
    turns = f"{good}+0x11 {bad}+0x"
    quiet = [Figures({series: f"{good}+0x{HOUR}"})]
    quiet += [Figures({series: f"{turns}{lasts // STEP - 1} {good}+0x{HOUR}"})] if lasts else []
    return Alarm([Figures({series: f"{turns}{HOUR}"})], says, quiet)


def _once(series: str, other: str, window: int, says: str) -> Alarm:
    """A counter with labels, which comes into being with its first 1. What it counted long ago is over, and so is what
    it counts under `other` labels."""
    begins = _after(window) + BEGINS
    return Alarm(
        [Figures({series: f"_x12 1+0x{HOUR}"}), Figures({series: f"1+0x{begins // STEP - 1} 2+0x{HOUR}"}, begins)],
        says,
        [Figures({series: f"1+0x{3 * HOUR}"}, _after(window)), Figures({other: f"_x12 1+1x{HOUR}"})],
    )


def _after(window: int) -> int:
    """The first second of which a window of so many seconds has seen nothing of the beginning."""
    return window + STEP


def _turns(seconds: float) -> dict[str, str]:
    """A turn of this length each second, from `BEGINS` on, in the kit's own buckets."""
    bounds = [*map(str, TURN.buckets), "+Inf"]
    return {
        f'leadpact_turn_seconds_bucket{{consumer="qualifier", le="{bound}"}}': f"0+0x11 5+5x{HOUR}"
        if seconds <= float(bound)
        else f"0+0x{HOUR}"
        for bound in bounds
    }


_FENCED = 'leadpact_happened_total{consumer="qualifier", what="fenced"}'
_STOPPED = 'leadpact_happened_total{consumer="qualifier", what="stopped"}'
_HUNG = 'leadpact_happened_total{consumer="qualifier", what="hung"}'
_MISTAKES = "leadpact_intake_mistakes_total"
_BEHIND = 'leadpact_records_behind{consumer="qualifier"}'
_HELD = "leadpact_mails_held"

ALARMS = {
    "ProcessGone": _above('up{job="leadpact", process="qualifier-1"}', 0, 1, "qualifier-1 does not answer", lasts=60),
    "NotReady": _above(
        'leadpact_ready{process="qualifier-1", gate="qualifier-1"}',
        0,
        1,
        "qualifier-1 is not ready: see its /readyz",
        lasts=60,
    ),
    "TimeStands": _above(
        'leadpact_mark_age_seconds{consumer="qualifier"}', 61, 60, "time in qualifier is 1m 1s behind", lasts=60
    ),
    "SlotStands": _above(
        'leadpact_mark_lag_seconds{consumer="qualifier", slot="3"}',
        61,
        60,
        "time in slot 3 of qualifier is 1m 1s behind",
        lasts=60,
    ),
    "WallOld": _above("leadpact_reports_behind_seconds", 61, 60, "what the wall shows is 1m 1s old", lasts=60),
    "FallsBehind": Alarm(
        [Figures({_BEHIND: f"0+0x11 100+50x{HOUR}"})],
        "qualifier reads slower than others write",
        [
            Figures({_BEHIND: f"0+0x11 9000+0x{HOUR}"}),  # many at once
            Figures({_BEHIND: f"0+0x11 9000-9x900 0+0x{HOUR}"}),  # and worked off
        ],
    ),
    "SlotsUnowned": _above(
        'leadpact_slots{consumer="qualifier", state="unowned"}',
        8,
        0,
        "8 slots of qualifier are in nobody's hands",
        lasts=10,
    ),
    "OutboxGrows": _above(
        'leadpact_outbox_messages{service="qualifier"}',
        10_001,
        10_000,
        "10001 messages of qualifier wait to be published",
    ),
    "KeysParked": _above(
        'leadpact_parked_keys{consumer="qualifier"}', 2, 0, "our code fails on 2 keys of qualifier, which wait"
    ),
    "DeadLetters": _above('leadpact_dead_letters{consumer="qualifier"}', 1, 0, "qualifier could not read 1 records"),
    "SlotStopped": _once(_STOPPED, _FENCED, 300, "a slot of qualifier has stopped"),
    "SlotHung": _once(_HUNG, _FENCED, 3600, "a slot of qualifier hung for 45 s and was given up"),
    "LeasesLost": Alarm(
        [Figures({_FENCED: f"0+0x11 1+1x{HOUR}"}, BEGINS + 20 * STEP)],  # with the 21st
        "qualifier is fenced again and again",
        [
            Figures({_FENCED: f"0+0x11 300+0x{HOUR}"}),  # a bad moment
            Figures({_HUNG: f"0+0x11 1+1x{HOUR}"}),
        ],
    ),
    "TurnsSlow": Alarm(
        [Figures(_turns(2.5))], "turns of qualifier take 2.485s; leases last 3 s", [Figures(_turns(1.0))]
    ),
    "DoorShut": _once(
        'leadpact_intake_answers_total{door="leads", status="503"}',
        'leadpact_intake_answers_total{door="leads", status="202"}',
        300,
        "deliveries were answered with 503: neither Kafka nor the spool takes them",
    ),
    "TimeStood": _once(
        'leadpact_intake_facts_total{type="intake.stalled"}',
        'leadpact_intake_facts_total{type="lead.captured"}',
        3600,
        "time stood for more than ten minutes; what fell due meanwhile is unverified",
    ),
    "FeedSilent": _above(
        'leadpact_counted{service="intake", what="silent"}',
        1,
        0,
        "1 feeds have said nothing for longer than agreed; what they would prove is unverified",
    ),
    "OurMistake": Alarm(
        [Figures({_MISTAKES: f"0+0x11 1+0x{HOUR}"})],
        "our code failed on items of a delivery; they are in quarantine",
        [Figures({_MISTAKES: f"0+0x{HOUR}"}), Figures({_MISTAKES: f"7+0x{HOUR}"})],
    ),
    "SpoolStands": _above("leadpact_intake_spool_deliveries", 3, 0, "3 deliveries stay in the spool", lasts=60),
    "MailsHeld": Alarm(
        [Figures({_HELD: f"0+0x11 1+1x{HOUR}"})],
        "181 mails wait: no mail server is set, or it does not take them",
        [Figures({_HELD: f"0+0x11 40+0x{HOUR}"}), Figures({_HELD: f"0+0x11 40-1x40 0+0x{HOUR}"})],
    ),
    "MailsGivenUp": _above("leadpact_mails_given_up", 2, 0, "the mail server refuses 2 mails for good"),
}
