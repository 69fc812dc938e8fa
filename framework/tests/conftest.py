"""Settings of all tests of the framework."""

from hypothesis import settings

# Without a time limit for examples, because a busy machine must not fail a property.
settings.register_profile("clastic", deadline=None)
settings.load_profile("clastic")
