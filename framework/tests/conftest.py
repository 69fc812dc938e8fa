"""Settings of all tests of the framework."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Without a time limit for examples, because a busy machine must not fail a property. .ci/run uses
# the thorough profile.
settings.register_profile("quick", deadline=None, max_examples=60)
settings.register_profile("thorough", deadline=None, max_examples=300)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="module")
def without_coverage() -> Iterator[None]:
    """Do not measure the test coverage in the processes that tests start: it takes longer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out properties from the test coverage: they run the same lines many times, slowly."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("no_cover")
