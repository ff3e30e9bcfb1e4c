"""Log, store, leases, outbox, marks, timers, effects, clock, vault: plumbing with no business word in it."""
