"""Events, envelope and topics: what the services say to each other."""
