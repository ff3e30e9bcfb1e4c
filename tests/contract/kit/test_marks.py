"""Marks as the topic `marks` holds them are read by today's code: the bytes are committed and never made anew."""

from datetime import UTC, datetime

import pytest

from leadpact.kit import board
from leadpact.kit.rows import StreamMark


@pytest.mark.parametrize(
    ("kept", "means"),
    [
        (
            b'{"topic":"leads","partition":7,"seq":41,"mark":"2024-03-04T14:00:00Z"}',
            StreamMark("leads", 7, 41, datetime(2024, 3, 4, 14, tzinfo=UTC)),
        ),
        (
            b'{"mark":"0001-01-01T00:00:00.000001Z","seq":0,"partition":0,"topic":"","of_later_code":[]}',
            StreamMark("", 0, 0, datetime(1, 1, 1, microsecond=1, tzinfo=UTC)),
        ),
    ],
    ids=["plain", "weird"],
)
def test_point7_a_mark_that_was_written_is_read(kept: bytes, means: StreamMark) -> None:
    assert board._decode(kept) == means
