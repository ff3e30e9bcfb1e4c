"""given/when/then, memory log and store, conformance suites, eventually."""
