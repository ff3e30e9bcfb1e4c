"""Deliveries as `raw` and the spool have held them for up to 30 days are read by today's code, whatever has been added.

The bytes are committed and never made anew: who adds a field that they lack gives it a default.
"""

from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import pytest

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.intake.delivery import Chunk, Delivery, decode

CAME = datetime(2024, 3, 4, 14, 0, 0, 1, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "id": "018e0a4c-0000-7000-8000-000000000001",
    "door": "leads",
    "source": "website",
    "received_at": CAME,
    "key": "5f2b",
    "actor": Actor("api", ActorKind.SYSTEM),
    "body": b"\x00sealed\xff",
}
WEIRD: dict[str, Any] = {
    "speaks_for": True,
    "lane": "2017 \N{SNOWMAN}",
    "chunk": Chunk("i-1", "a\u0000.csv", ["e-mail", ""], 1, "kind: lead"),
    "redrives": "q-1",
    "whole": True,
    "first_received_at": datetime(1, 1, 1, tzinfo=UTC),
    "dropped": "a test",
    "unreadable": ("not JSON", "/0"),
    "mistake": "KeyError at door.py:1",
    "body": b"",
}


@pytest.mark.parametrize(
    ("kept", "means"),
    [
        (
            (
                "3gAQomlk2SQwMThlMGE0Yy0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDGkZG9vcqVsZWFkc6Zzb3VyY2Wnd2Vic2l0ZatyZWNl"
                "aXZlZF9hdNf/AAAPoGXl0+Cja2V5pDVmMmKlYWN0b3KComlko2FwaaRraW5kpnN5c3RlbaRib2R5xAgAc2VhbGVk/6pzcGVha3Nf"
                "Zm9ywqRsYW5lwKVjaHVua8CocmVkcml2ZXPApXdob2xlwrFmaXJzdF9yZWNlaXZlZF9hdMCnZHJvcHBlZMCqdW5yZWFkYWJsZcCn"
                "bWlzdGFrZcA="
            ),
            PLAIN,
        ),
        (
            (
                "3gARomlk2SQwMThlMGE0Yy0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDGkZG9vcqVsZWFkc6Zzb3VyY2Wnd2Vic2l0ZatyZWNl"
                "aXZlZF9hdNf/AAAPoGXl0+Cja2V5pDVmMmKlYWN0b3KComlko2FwaaRraW5kpnN5c3RlbaRib2R5xACqc3BlYWtzX2ZvcsOkbGFu"
                "ZagyMDE3IOKYg6VjaHVua4WoaW1wb3J0ZWSjaS0xpGZpbGWmYQAuY3N2pmhlYWRlcpKmZS1tYWlsoKVmaXJzdAGnbWFwcGluZ6pr"
                "aW5kOiBsZWFkqHJlZHJpdmVzo3EtMaV3aG9sZcOxZmlyc3RfcmVjZWl2ZWRfYXTHDP8AAAAA////8YhuCQCnZHJvcHBlZKZhIHRl"
                "c3SqdW5yZWFkYWJsZZKobm90IEpTT06iLzCnbWlzdGFrZbVLZXlFcnJvciBhdCBkb29yLnB5OjGtb2ZfbGF0ZXJfY29kZYGheJEB"
            ),
            PLAIN | WEIRD,
        ),
    ],
    ids=["plain", "weird, with a field that is of later code"],
)
def test_r8_a_delivery_that_was_kept_is_read_as_it_was_written(kept: str, means: dict[str, Any]) -> None:
    assert decode(b64decode(kept)) == Delivery(**means)
