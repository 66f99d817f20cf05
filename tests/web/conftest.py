import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from fabricated import build_study, write_plan

from riskmap.web import clicks


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


@pytest.fixture
def click_clock(monkeypatch):
    """Return what makes a clock, `now`, by which clicks in a session of a given state are told apart."""

    def make(state):
        clock = SimpleNamespace(now=100.0)
        monkeypatch.setattr(clicks, "st", SimpleNamespace(session_state=state))
        monkeypatch.setattr(clicks, "time", SimpleNamespace(monotonic=lambda: clock.now))
        return clock

    return make


@pytest.fixture(autouse=True)
def main_stays_the_tests_own(monkeypatch):
    """AppTest leaves the page it ran as `__main__`, which processes that other tests start would run again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
