"""The JSON fixtures are what their generator makes."""

import pytest

from tests.conftest import FIXTURES
from tests.make_service_fixtures import contents


@pytest.mark.parametrize("name", contents())
def test_the_generator_makes_the_fixture_byte_for_byte(name: str) -> None:
    assert (FIXTURES / name).read_bytes() == contents()[name], "run python -m tests.make_service_fixtures"


@pytest.mark.parametrize("folder", ["strava", "intervals", "garmin"])
def test_no_fixture_lies_there_that_nobody_makes(folder: str) -> None:
    there = {str(path.relative_to(FIXTURES)) for path in (FIXTURES / folder).iterdir()}

    assert there == {name for name in contents() if name.startswith(f"{folder}/")}
