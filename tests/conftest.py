"""Settings of every test."""

from hypothesis import settings

settings.register_profile("chainrule", deadline=None, max_examples=60)
settings.load_profile("chainrule")
