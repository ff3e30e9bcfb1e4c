"""The seeded simulator and the scripted story."""
