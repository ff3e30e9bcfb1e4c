"""What intake counts, once per answer or per turn."""

from leadpact.kit.metrics import Counter

ANSWERS = Counter("leadpact_intake_answers", "Deliveries answered, by door and HTTP status.", ("door", "status"))
ITEMS = Counter("leadpact_intake_items", "Items by what they ended in.", ("outcome",))
FACTS = Counter("leadpact_intake_facts", "Events written to leads, by type.", ("type",))

IGNORED = Counter(
    "leadpact_intake_ignored_fields", "Fields that senders were told nothing will come of, by door.", ("door",)
)

DOOR = (ANSWERS, IGNORED)
NORMALISER = (ITEMS, FACTS)
CATALOGUE = DOOR + NORMALISER
