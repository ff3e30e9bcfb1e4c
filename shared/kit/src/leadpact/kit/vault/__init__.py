"""Contact data are readable only with a person's key, raw deliveries with their day's; forgetting is losing the key."""

from leadpact.kit.vault.hasher import Hasher
from leadpact.kit.vault.safe import Safe
from leadpact.kit.vault.vault import Vault

__all__ = ["Hasher", "Safe", "Vault"]
