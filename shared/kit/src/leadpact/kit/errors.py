"""Errors of the kit.

KitError
├── Fenced           somebody newer owns the slot: let go of it
├── Unavailable      broker or database did not answer: try again later
├── Undeliverable    the other side refuses an effect for good: trying again changes nothing
├── Unstorable       the database does not take a value: trying again changes nothing
├── Stopped          the slot must not go on until a person has looked
│   ├── Gap          a sequence is missing in the log
│   ├── PositionLost the log no longer holds, or does not yet hold, what the slot wants to read
│   └── Systemic     a failure that is not one key's own
├── Unbuildable      a rebuild finds that the log does not say how the state came about
├── DeciderError     a decider broke its contract: its key is parked
├── ClockError       the clock file is missing, unreadable, or would go back
├── SettingsError    a variable of the environment is missing or wrong
├── MigrationError   a migration that ran already was changed or has gone
├── RoleTaken        a role of the database belongs to another master key
├── VaultError       a sealed value is not what its name says, or the master key is another
└── Denied           the caller may not
    ├── Unauthenticated  nobody knows who is calling
    └── Forbidden    the caller lacks a scope or a role
"""


class KitError(Exception):
    """What went wrong, in one sentence."""


class Fenced(KitError):
    """Somebody newer owns the slot: let go of it, nothing of this turn remains."""


class Unavailable(KitError):
    """Broker or database did not answer: try again later, nothing is lost."""


class Undeliverable(KitError):
    """The other side refuses an effect for good; the message says why, and names nobody."""


class Unstorable(KitError):
    """The database does not take a value: NUL, out of its range, or too long for a key."""


class Stopped(KitError):
    """The slot must not go on until a person has looked; readiness is red with this reason."""


class Gap(Stopped):
    """A sequence is missing in the log."""


class PositionLost(Stopped):
    """The log no longer holds, or does not yet hold, what the slot wants to read."""


class Systemic(Stopped):
    """A failure that is not one key's own: many keys at once, a version newer than this code, a control record."""


class Unbuildable(KitError):
    """State cannot be made again from what the log says, or not by this code; nothing of what lives was changed."""


class DeciderError(KitError):
    """A decider broke its contract; the key it happened on is parked."""


class ClockError(KitError):
    """The clock file is missing, unreadable, or would go back."""


class SettingsError(KitError):
    """A variable of the environment is missing or wrong; the message names it."""


class MigrationError(KitError):
    """A migration that ran already was changed or has gone."""


class RoleTaken(KitError):
    """A role of the database was made under another master key; the message names it."""


class VaultError(KitError):
    """A sealed value is not what its name says, or was sealed under another master key."""


class Denied(KitError):
    """The caller may not do this."""


class Unauthenticated(Denied):
    """Nobody knows who is calling: no key, an unknown one or a revoked one."""


class Forbidden(Denied):
    """The caller is known and lacks a scope or a role."""
