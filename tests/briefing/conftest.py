import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from fabricated import build_study


@pytest.fixture(scope="session")
def ocean(tmp_path_factory):
    """The invented area with three surfaces; nobody writes into it but its scale."""
    return build_study(tmp_path_factory.mktemp("ocean"))
