"""What every test may use: a real Kafka and a real PostgreSQL, if it asks for them."""

from hypothesis import settings

pytest_plugins = ["leadpact.testkit.infra", "leadpact.testkit.installation"]

settings.register_profile("leadpact", derandomize=True, deadline=None)  # one commit, one outcome
settings.load_profile("leadpact")
