"""Breaks what an installation stands on while it works, and asks afterwards whether all is right."""
