"""Settings of all tests of the framework."""

import os

from hypothesis import settings

# Without a time limit for examples, because a busy machine must not fail a property. .ci/run uses
# the thorough profile.
settings.register_profile("quick", deadline=None, max_examples=60)
settings.register_profile("thorough", deadline=None, max_examples=300)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
