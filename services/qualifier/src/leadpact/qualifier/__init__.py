"""Agreements, engagements and the judging of leads."""
