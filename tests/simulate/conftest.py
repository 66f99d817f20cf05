"""One small simulated province for all tests of this folder; nothing in it is changed."""

import pytest

from riskmap.simulate.province import Province, simulate_province
from riskmap.simulate.scales import SCALES

SEED = 20260105


@pytest.fixture(scope="session")
def province() -> Province:
    """The small province."""
    return simulate_province(SCALES["small"], SEED)
