"""The door and the normaliser: deliveries become facts about a lead."""
