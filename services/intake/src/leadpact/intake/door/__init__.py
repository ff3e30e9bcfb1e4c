"""The door: proof of origin, raw bytes into the log, and an answer as the source wants it."""

PREFIXES = (
    "/v1/leads",
    "/v1/activities",
    "/v1/commands",
    "/v1/imports",
    "/v1/deliveries",
    "/v1/quarantine",
    "/v1/sources",
    "/hooks",
    "/segment",
)
"""The paths that are intake's."""
