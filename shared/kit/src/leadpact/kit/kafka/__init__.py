"""The log on Kafka."""

from leadpact.kit.kafka.log import KafkaLog

__all__ = ["KafkaLog"]
