"""What holds for every test of the framework."""

from hypothesis import settings

# A property may not fail because the machine is busy: no limit on the time of an example.
settings.register_profile("clastic", deadline=None)
settings.load_profile("clastic")
