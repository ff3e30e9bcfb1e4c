"""Who gets a lead, and who waits for an owner (rules 4, 31 and 33)."""

from datetime import datetime

from leadpact.verify.coming import handed
from leadpact.verify.judging.facts import SECOND
from leadpact.verify.judging.operations import Operations
from leadpact.verify.judging.promises import Run, Waiting
from leadpact.verify.owed import Owed, Word
from leadpact.verify.seeking import asked, lost_by
from leadpact.verify.stories import Told
from leadpact.verify.turns import credits_
from leadpact.verify.wire import derived, micros, moment

_ROUTED = frozenset({"round_robin", "leave", "missed"})
_SOONEST = 5 * 60 * SECOND
"""Who waits in the queue is tried again after as long as they have waited, and not sooner than that."""
_NEVER = 1 << 62


def assigned(now: Owed, event: Told, operations: Operations) -> None:
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
    elif event.said["by"] in _ROUTED:
        _by_turns(now, event, run, operations)
    elif _unfit(now, event.said["owner"], micros(envelope.recorded_at), operations) or not now.step.hand:
        now.violated(event, f"no hand may give it to {event.said['owner']}")
    if event.said["by"] not in _ROUTED:
        now.turns.append((run.agreement["routing"]["team"], credits_(event.said.get("counters", {})), ""))
    asked(now, event, run, event.said["by"], operations)
    _asks(now, event, run, event.said["by"], operations)
    by_fact = word is not None and envelope.causation == word.fact
    before, run.owner, run.owned_at = run.owner, event.said["owner"], micros(envelope.occurred_at)
    run.waiting = None
    at = max(micros(envelope.occurred_at if by_fact else envelope.recorded_at), run.qualified_at)
    routing = now.clocks.get(derived("clock", run.id, "routing", ""))
    if before is None and routing is not None and routing.standing != "cancelled":
        routing.given = at
        named = word.fact if word is not None else envelope.causation if event.said["by"] == "hand" else envelope.id
        routing.given_by = (named,)
    if before != run.owner:
        handed(now, run, first=before is None)


def queued(now: Owed, event: Told, operations: Operations) -> None:
    """Nobody can take the lead: at night it waits for the opening, in working hours in the fallback queue."""
    said, at = event.said, micros(event.envelope.recorded_at)
    run = now.runs[said["engagement"]]
    asked(now, event, run, said["why"], operations)
    _asks(now, event, run, said["why"], operations)
    hours, routing = operations.hours(run.agreement), run.agreement["routing"]
    opens = hours.due(at, 0)
    wanted = routing["fallback"] if opens == at else None
    if said["queue"] != wanted:
        now.violated(event, f"it waits in {said['queue']}, by the hours of {moment(at)} in {wanted}")
    retry_at = micros(datetime.fromisoformat(said["retry_at"]))
    since, before = micros(datetime.fromisoformat(said["since"])), run.waiting
    begun = before.since if before is not None and before.queue == said["queue"] else at
    if since != begun:
        now.violated(event, f"it waits since {said['since']}, by what was said before since {moment(begun)}")
    if opens == at:
        waited = at - before.since if before is not None and before.queue is not None else 0
        opens = hours.due(min(at + max(waited, _SOONEST), *operations.back(routing["team"], at), _NEVER), 0)
    if retry_at != opens:
        now.violated(event, f"it is tried again at {said['retry_at']}, by the rules at {moment(opens)}")
    run.waiting = Waiting(said["why"], micros(datetime.fromisoformat(said["since"])), retry_at, said["queue"])


def refused(now: Owed, event: Told, operations: Operations) -> None:
    """A hand may give a lead to nobody who is away or in no team, and none that is in nobody's hands (rules 4, 50)."""
    said, hand, now.step.hand = event.said, now.step.hand, None
    wanted = None if hand is None else _unfit(now, hand, micros(event.envelope.recorded_at), operations)
    if wanted is None:
        now.violated(event, "nothing is to be refused")
    elif (said["command"], said["reason"], said["says"]) != (now.step.cause, "cannot_reassign", wanted):
        now.violated(event, f"it refuses {said['command']} ({said['reason']}): {said['says']}; by the rules: {wanted}")
    now.step.owners.clear()


def settled(now: Owed, run: Run) -> None:
    """Waiting ends with what it was for: an answer that comes late makes another owner needless (rule 31)."""
    if run.waiting is None:
        return
    if run.waiting.why == "missed":
        needed = any(clock.unanswered for clock in now.of(run))
    else:
        needed = run.owner is None or any(
            clock.standing == "pending" and clock.kind != "routing" for clock in now.of(run)
        )
    if not needed:
        run.waiting = None


def _asks(now: Owed, event: Told, run: Run, by: str, operations: Operations) -> None:
    """What asks for an owner is what gives it one; of a new engagement that is the CRM, whom it named is not away."""
    asks = now.step.owners.pop(run.id, by)
    if asks == "anybody":
        word = max(now.named, default=None)
        named = word is not None and not operations.absent(word.owner, micros(event.envelope.recorded_at))
        asks = "crm" if named else "round_robin"
    if asks != by:
        now.violated(event, f"it is given away by {by}, by the rules by {asks}")


def _unfit(now: Owed, rep: str, at: int, operations: Operations) -> str | None:
    """Why a hand cannot give the lead to a rep."""
    if not operations.member(rep):
        return f"{rep} is in no team."
    if operations.absent(rep, at):
        return f"{rep} is on leave: nobody absent gets a lead."
    return None if now.open() else "The lead has no open run that could have an owner."


def _by_turns(now: Owed, event: Told, run: Run, operations: Operations) -> None:
    """The numbers that it records choose the owner: of those present, below capacity, and to whom it was not lost
    before, who has earned most with this turn, the first of the roster among equals (rules 4, 31, 33)."""
    said, at = event.said, micros(event.envelope.recorded_at)
    routing = run.agreement["routing"]
    if operations.hours(run.agreement).due(at, 0) != at:
        now.violated(event, f"nobody of {routing['team']} works at {moment(at)}")
    seen, loads = said.get("counters", {}), said.get("loads", {})
    lost = lost_by(now, run)
    weights = {
        rep["id"]: rep.get("weight", 1)
        for rep in operations.rosters.get(routing["team"], ())
        if rep.get("weight", 1) > 0
        and rep["id"] not in lost
        and not operations.absent(rep["id"], at)
        and loads.get(rep["id"], 0) < rep.get("capacity", 1_000)
    }
    earned = {rep: seen.get(rep, 0) + weight for rep, weight in weights.items()}
    chosen = max(earned, key=lambda rep: earned[rep], default=None)
    if chosen is not None:  # who gets the lead pays for all (rule 33)
        earned[chosen] -= sum(weights.values())
    now.turns.append((routing["team"], credits_(seen), credits_({**seen, **earned})))
    if said["owner"] != chosen:
        now.violated(event, f"it goes to {said['owner']}, by the numbers that it saw to {chosen}")


def _by_crm(now: Owed, event: Told, run: Run, word: Word | None) -> None:
    """The CRM's last word by `occurred_at` stands, and takes no lead from who got it after that (rules 33, 43, 49)."""
    if word is None or word.owner != event.said["owner"]:
        now.violated(event, f"the CRM's last word is {word.owner if word else 'none'}")
    elif run.owned_at is not None and word.at < run.owned_at:
        now.violated(event, f"the CRM said so of {moment(word.at)}, {run.owner} has it since {moment(run.owned_at)}")
