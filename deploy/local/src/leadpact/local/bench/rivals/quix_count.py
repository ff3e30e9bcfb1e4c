"""The same counting with Quix Streams: exactly once, state in RocksDB with its changelog topic.

Run by an interpreter of its own. Arguments: bootstrap servers, input topic, output topic, a folder for state.
"""

import sys
from typing import Any

from quixstreams import Application  # type: ignore[import-not-found]  # installed in an environment of its own


def main(bootstrap: str, source: str, target: str, state: str) -> None:
    """Work until ended."""
    app = Application(
        broker_address=bootstrap,
        consumer_group=f"{target}-quix",
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        use_changelog_topics=True,
        state_dir=state,
    )
    counted = app.topic(target, key_serializer="str", value_serializer="json")
    events = app.dataframe(app.topic(source, key_deserializer="str", value_deserializer="json"))

    def count(event: dict[str, Any], state: Any) -> dict[str, Any]:  # noqa: ANN401 - Quix's state has no public type
        number = state.get("count", 0) + 1
        state.set("count", number)
        return {"key": event["key"], "count": number, "sent": event["sent"]}

    events.apply(count, stateful=True).to_topic(counted)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
