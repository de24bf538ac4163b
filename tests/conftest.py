"""Settings of every test."""

from hypothesis import HealthCheck, settings

BUSY = [HealthCheck.too_slow]  # says that the machine has other work, not that a law is broken

settings.register_profile("chainrule", deadline=None, max_examples=60, suppress_health_check=BUSY)
settings.load_profile("chainrule")
