"""A real Kafka and a real PostgreSQL on this machine, with nothing installed beforehand."""
