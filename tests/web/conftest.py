import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from fabricated import build_study, write_plan


@pytest.fixture(scope="session")
def ocean_home(tmp_path_factory):
    """A home with the invented area: three surfaces, all layers, one inspection list."""
    home = tmp_path_factory.mktemp("ocean-pages")
    write_plan(build_study(home))
    return home


@pytest.fixture(scope="session")
def bare_home(tmp_path_factory):
    """A home whose one area has neither layers nor forecast."""
    home = tmp_path_factory.mktemp("bare-pages")
    build_study(home, surfaces=0)
    return home


@pytest.fixture(autouse=True)
def main_stays_the_tests_own(monkeypatch):
    """AppTest leaves the page it ran as `__main__`, which processes that other tests start would run again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
