"""Verbs that ask the API of the installation that runs here, with its administrator's key."""
