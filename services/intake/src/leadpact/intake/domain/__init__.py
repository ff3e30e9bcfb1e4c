"""What deliveries mean: pure functions from bytes to facts, no clock, no I/O."""
