"""The promises of sales, pure: who gets a lead, what is owed to it until when, and what the verdict is."""
