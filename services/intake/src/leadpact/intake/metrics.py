"""What intake counts, once per answer or per turn."""

from leadpact.kit.metrics import Counter, Gauge

ANSWERS = Counter("leadpact_intake_answers", "Deliveries answered, by door and HTTP status.", ("door", "status"))
ITEMS = Counter("leadpact_intake_items", "Items by what they ended in.", ("outcome",))
FACTS = Counter("leadpact_intake_facts", "Events written to leads, by type.", ("type",))
MISTAKES = Counter("leadpact_intake_mistakes", "Items that our own code failed on, now in quarantine.")

IGNORED = Counter(
    "leadpact_intake_ignored_fields", "Fields that senders were told nothing will come of, by door.", ("door",)
)
SPOOLED = Counter("leadpact_intake_spooled", "Deliveries that went to the spool, since Kafka did not ack in a second.")
SPOOL = Gauge("leadpact_intake_spool_deliveries", "Deliveries in the spool that are not handled yet.")

DOOR = (ANSWERS, IGNORED, SPOOLED)
NORMALISER = (ITEMS, FACTS, MISTAKES, SPOOL)
CATALOGUE = DOOR + NORMALISER
