"""given/when/then, the ports in memory, conformance suites, eventually."""
