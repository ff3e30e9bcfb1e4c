"""Measuring an installation of its own, from outside: by HTTP, by its read models, by what the machine says it used."""
