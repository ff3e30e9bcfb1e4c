"""Where deliveries wait, durable, while Kafka does not take them (ADR 8)."""
