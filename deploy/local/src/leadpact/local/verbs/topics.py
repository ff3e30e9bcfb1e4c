"""`leadpact topics`: the topic table, the only meeting place of the services."""

import msgspec

from leadpact.contracts.topics import TOPICS, Topic
from leadpact.local.verbs.asking import AsJson, show


def topics(*, json: AsJson = False) -> None:
    """Every topic: its key, who writes it, what it holds, how long."""
    rows = [{**msgspec.to_builtins(topic), "kept": _kept(topic)} for topic in TOPICS]
    show(rows, ("name", "partitions", "key", "writer", "kept", "says"), json=json)


def _kept(topic: Topic) -> str:
    if topic.compacted:
        return "the latest of each key"
    return f"{topic.retention_days} days" if topic.retention_days else "for ever"
