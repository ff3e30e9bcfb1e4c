"""What a turn tells of feeds between its records: silent before time passes, speaking again before what they say."""

from collections.abc import Sequence

from leadpact.contracts.events.control import SourceResumed, SourceSilent
from leadpact.intake.normaliser.inbox import Agreed, Opened, Readable
from leadpact.intake.normaliser.listening import Listening
from leadpact.intake.normaliser.moment import Moment


def listened(
    records: Sequence[tuple[Readable, Moment]], listening: Listening, before: Moment, after: Moment
) -> tuple[list[tuple[Readable | SourceSilent | SourceResumed, Moment]], Listening]:
    """The records of a turn with what is told between them of silent feeds, and what is listened to behind them.

    Time passes from the moment `before` them to the one `after` them. That a feed is silent is told while time stands
    where it stood, so that nothing that falls due then is judged before; that it speaks again, before what it says.
    """
    told: list[tuple[Readable | SourceSilent | SourceResumed, Moment]] = []
    now = before

    def passes(moment: Moment) -> Listening:
        heard = listening
        for silent in listening.silent(moment.mark):
            told.append((silent, now))
            heard = heard.told(silent)
        return heard

    for record, moment in records:
        listening, now = passes(moment), moment
        if isinstance(record, Opened) and listening.hears(record.delivery):
            told += [(resumed, moment) for resumed in listening.resumed(record.delivery)]
            listening = listening.spoke(record.delivery)
        elif isinstance(record, Agreed):
            listening = listening.after(record.event, record.received_at)
        told.append((record, moment))
    return told, passes(after)
