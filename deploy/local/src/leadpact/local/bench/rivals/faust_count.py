"""The same counting with faust-streaming: a Table with its changelog topic, at least once, which is what it has.

Run by an interpreter of its own. Arguments: bootstrap servers, input topic, output topic, a folder for its files.
"""

import sys
from typing import Any

import faust  # type: ignore[import-not-found]  # installed in an environment of its own

PARTITIONS = 8


def main(bootstrap: str, source: str, target: str, state: str) -> None:
    """Work until ended."""
    app = faust.App(
        f"{target}-faust",
        broker=f"kafka://{bootstrap}",
        datadir=state,
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
    )
    events = app.topic(source, key_type=str, value_serializer="json", partitions=PARTITIONS)
    counted = app.topic(target, key_type=str, value_serializer="json", partitions=PARTITIONS)
    counts = app.Table("counts", default=int, partitions=PARTITIONS)

    @app.agent(events)  # type: ignore[untyped-decorator]  # Faust has no types
    async def count(stream: Any) -> None:  # noqa: ANN401 - as above
        async for event in stream:
            key = event["key"]
            counts[key] += 1
            await counted.send(key=key, value={"key": key, "count": counts[key], "sent": event["sent"]})

    sys.argv = [sys.argv[0], "worker", "--loglevel=warn"]  # Faust's worker is a command
    app.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
