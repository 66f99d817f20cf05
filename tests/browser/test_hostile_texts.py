"""Text that attacks, on every page of a real browser: nothing of it runs, and nothing is fetched for it."""

import pytest
from hostile import hostile_study

from riskmap.study import REPOSITORY
from tests.browser.conftest import serve, settle

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def hostile_address(tmp_path_factory):
    home = tmp_path_factory.mktemp("hostile-screens")
    hostile_study(home)
    with serve(home) as address:
        yield address


@pytest.mark.parametrize("name", sorted(path.stem for path in (REPOSITORY / "pages").glob("*.py")))
def test_nothing_of_it_runs(hostile_address, page, strangers, name):
    page.goto(f"{hostile_address}/{name}?lang=en&l=cshevwnr")
    settle(page)
    assert page.evaluate("window.attacked") is None
    assert page.locator("img[src='x'], iframe[src^='javascript'], a[href^='javascript']").count() == 0
    assert strangers == []
