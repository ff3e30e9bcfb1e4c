"""Clocks, evidence, attempts and routing."""
