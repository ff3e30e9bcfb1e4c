"""What the others run, by interpreters of their own; nothing here is imported by us."""
