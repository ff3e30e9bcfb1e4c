"""The store on PostgreSQL."""

from leadpact.kit.pg.outbox import append
from leadpact.kit.pg.pool import connect
from leadpact.kit.pg.store import PgStore
from leadpact.kit.pg.turn import PgTurn

__all__ = ["PgStore", "PgTurn", "append", "connect"]
