"""What every test may use: a real Kafka and a real PostgreSQL, if it asks for them."""

pytest_plugins = ["leadpact.testkit.infra", "leadpact.testkit.installation"]
