"""Reads an installation's log and tables and says where they break the rules; shares no code with what it judges."""
