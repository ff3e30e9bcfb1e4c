"""The normaliser: raw records become facts about leads, in one order (rule 50)."""
