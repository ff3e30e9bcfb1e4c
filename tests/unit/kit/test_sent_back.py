"""What a decision sends round again: into a topic of its own, once, by live decisions alone, as effects are."""

from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened
from leadpact.contracts.topics import LEADS, QUALIFICATION, RETURNS
from leadpact.kit.rows import Stream
from leadpact.kit.stage import duty
from leadpact.testkit.counting import Counting
from leadpact.testkit.facts import Facts
from tests.unit.kit.test_stage import at, behaved, stage


async def test_what_goes_round_again_is_sent_once_by_live_decisions_alone() -> None:
    facts, played = Facts(), stage(Counting(back=RETURNS))
    history = Lane.BACKFILL
    await played.play(
        [
            facts(behaved("back"), lead="lead-1", at=at(1)),
            facts(BackfillOpened(control=1, lane="l"), at=at(2)),
            facts(behaved("back"), lead="lead-2", at=at(-90), lane=history),
            facts(behaved("back"), lead="lead-1", at=at(-80), lane=history),
            facts(BackfillClosed(control=2, lane="l", facts=2), at=at(3)),
            facts(behaved("back"), lead="lead-2", at=at(4)),
        ]
    )
    sent = played.back(RETURNS)
    assert [(each.lead, each.type) for each in sent] == [
        ("lead-1", "closing.requested"),
        ("lead-2", "closing.requested"),
    ]
    keys = [message.key for message in played.store.rows.streams[Stream(RETURNS.name, 0)].messages]
    assert keys == [b"lead-1", b"lead-2"]
    told = next(each for each in played.out if each.lead == "lead-1")
    assert (sent[0].causation, sent[0].at, sent[0].lead_version) == (told.causation, told.at, 0)


async def test_point6_a_decider_that_sends_back_without_a_topic_for_it_has_its_key_parked() -> None:
    facts, played = Facts(), stage()
    await played.play([facts(behaved("back"), lead="lead-1", at=at(1))])
    assert [parked.reason.partition(" ")[0] for parked in played.rows.parked.values()] == ["DeciderError"]


def test_a_slot_writes_its_own_partition_of_both_topics() -> None:
    outputs = duty(Counting(LEADS, QUALIFICATION, RETURNS)).outputs
    assert [{(topic, number) for topic, number in streams} for streams in outputs] == [
        {("qualification", number), ("returns", number)} for number in range(LEADS.partitions)
    ]
