"""Business time, pure."""
