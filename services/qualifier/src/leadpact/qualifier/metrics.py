"""What the qualifier counts beside the kit's own."""

from leadpact.kit.metrics import Counter

ACTS = Counter("leadpact_agreement_acts", "Acts on agreements: draft, approve, activate, withdraw.", ("act",))

CATALOGUE = (ACTS,)
