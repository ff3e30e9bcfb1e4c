"""Frame, login session, vendored assets, problem+json."""
