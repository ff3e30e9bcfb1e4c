"""Who gets a lead, and who waits for an owner (rules 4, 31 and 33)."""

from leadpact.verify.coming import handed
from leadpact.verify.judging.operations import Operations
from leadpact.verify.judging.promises import Run
from leadpact.verify.owed import Owed, Word
from leadpact.verify.stories import Told
from leadpact.verify.wire import derived, micros, moment


def assigned(now: Owed, event: Told, _: Operations) -> None:
    """Somebody is the owner from here on."""
    run = now.runs.get(event.said["engagement"])
    if run is None:
        now.violated(event, "its engagement never qualified")
        return
    if run.closed_at is not None:
        now.violated(event, "its engagement is closed")
    envelope = event.envelope
    word = max(now.named, default=None) if event.said["by"] == "crm" else None
    if event.said["by"] == "crm":
        _by_crm(now, event, run, word)
    by_fact = word is not None and envelope.causation == word.fact
    before, run.owner, run.owned_at = run.owner, event.said["owner"], micros(envelope.occurred_at)
    at = max(micros(envelope.occurred_at if by_fact else envelope.recorded_at), run.qualified_at)
    routing = now.clocks.get(derived("clock", run.id, "routing", ""))
    if before is None and routing is not None and routing.standing != "cancelled":
        routing.given = at
        named = word.fact if word is not None else envelope.causation if event.said["by"] == "hand" else envelope.id
        routing.given_by = (named,)
    if before != run.owner:
        handed(now, run, first=before is None)


def _by_crm(now: Owed, event: Told, run: Run, word: Word | None) -> None:
    """The CRM's last word by `occurred_at` stands, and takes no lead from who got it after that (rules 33, 43, 49)."""
    if word is None or word.owner != event.said["owner"]:
        now.violated(event, f"the CRM's last word is {word.owner if word else 'none'}")
    elif run.owned_at is not None and word.at < run.owned_at:
        now.violated(event, f"the CRM said so of {moment(word.at)}, {run.owner} has it since {moment(run.owned_at)}")
