"""Errors of the kit.

KitError
├── ClockError      the clock file is missing, unreadable, or would go back
├── SettingsError   a variable of the environment is missing or wrong
├── MigrationError  a migration that ran already was changed or has gone
└── VaultError      a sealed value is not what its name says, or the master key is another
"""


class KitError(Exception):
    """What is wrong with the plumbing, in one sentence that says what to do."""


class ClockError(KitError):
    """The clock file is missing, unreadable, or would go back."""


class SettingsError(KitError):
    """A variable of the environment is missing or wrong; the message names it."""


class MigrationError(KitError):
    """A migration that ran already was changed or has gone."""


class VaultError(KitError):
    """A sealed value is not what its name says, or was sealed under another master key."""
