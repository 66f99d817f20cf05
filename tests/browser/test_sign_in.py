"""Signing in by a real identity provider on this machine, in a real browser: the way there, back, and out."""

import json
import re
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from fabricated import build_study, peak_cell, write_plan
from playwright.sync_api import BrowserContext, Page, expect
from readers import AUTH, address_of, write_rules

from riskmap.audit import read_audit
from tests.browser.conftest import WAIT_S, free_port, running, serve, settle

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
OFFICER, ADMIN, STRANGER = (address_of(name) for name in ("officer of a county", "admin", "stranger"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The pages with sign-in, and the provider that they ask."""
    home = tmp_path_factory.mktemp("sign-in")
    write_plan(build_study(home))
    write_rules(home)
    port, provider_port = free_port(), free_port()
    people = home / "people.json"
    people.write_text(json.dumps({OFFICER: {}, ADMIN: {}, STRANGER: {}}))
    known = f"http://127.0.0.1:{provider_port}/.well-known/openid-configuration"
    auth = AUTH | {"redirect_uri": f"http://127.0.0.1:{port}/oauth2callback", "server_metadata_url": known}
    secrets = home / "secrets.toml"
    secrets.write_text("[auth]\n" + "".join(f'{key} = "{value}"\n' for key, value in auth.items()))
    command = [sys.executable, "-m", "tests.browser.provider", str(provider_port), str(people)]
    with (
        running(command, home, provider_port, home / "provider.log"),
        serve(home, port, f"--secrets.files={secrets}") as address,
    ):
        yield SimpleNamespace(home=home, address=address)


@pytest.fixture
def own_page(context: BrowserContext, strangers: list[str]) -> Iterator[Page]:
    """A window of a browser that nobody signed in by yet."""
    fresh = context.browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB")
    opened = fresh.new_page()
    opened.set_default_timeout(WAIT_S * 1000)
    opened.on("request", lambda request: strangers.append(request.url) if is_elsewhere(request.url) else None)
    yield opened
    fresh.close()


def is_elsewhere(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))


def sign_in_as(page: Page, email: str) -> None:
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name=email, exact=True).click()


def test_the_address_opened_before_signing_in_opens_afterwards_and_the_way_out_ends_it(house, own_page, strangers):
    page, cell = own_page, peak_cell()
    page.goto(f"{house.address}/risk_map?lang=en&v=100101&c={cell}&l=hw")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(page.get_by_role("link", name="Risk map")).to_have_count(0)
    sign_in_as(page, OFFICER)
    expect(page.get_by_text(f"Cell {cell}")).to_be_visible()
    settle(page)
    assert page.url.startswith(f"{house.address}/risk_map?")
    assert {"lang=en", "v=100101", f"c={cell}", "l=hw"} <= set(page.url.split("?")[1].split("&"))
    expect(page.get_by_text("Ocean Demonstration Area · Coral County").first).to_be_visible()
    for name, n in (("Risk map", 1), ("Data", 0), ("Models", 0)):
        expect(page.get_by_role("link", name=name, exact=True)).to_have_count(n)
    assert "riskmap_next" not in {cookie["name"] for cookie in page.context.cookies()}

    page.get_by_role("button", name=OFFICER.partition("@")[0]).click()
    expect(page.get_by_text("Role: officer")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto(f"{house.address}/overview?lang=en")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    log = read_audit(house.home)
    assert log.loc[log["who"] == OFFICER, "event"].tolist() == ["sign_out", "dossier", "sign_in"]
    assert log.loc[log["event"] == "dossier", "place"].tolist() == [cell]
    assert strangers == []


def test_nobody_looks_signed_out_before_the_browser_forgot_them(house, own_page):
    own_page.goto(f"{house.address}/overview?lang=en")
    sign_in_as(own_page, OFFICER)
    own_page.route("**/auth/logout", lambda asked: asked.fulfill(status=204))  # the page stays where it is
    own_page.get_by_role("button", name=OFFICER.partition("@")[0]).click()
    own_page.get_by_role("button", name="Sign out").click()
    expect(own_page.get_by_text("You are being signed out.")).to_be_visible()
    settle(own_page)
    expect(own_page.get_by_role("link", name="Sign in")).to_have_count(0)
    own_page.unroute("**/auth/logout")
    own_page.get_by_role("link", name="sign out again.").click()
    expect(own_page.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_page_above_ones_role_says_so(house, own_page):
    own_page.goto(f"{house.address}/models?lang=en")
    sign_in_as(own_page, OFFICER)
    expect(own_page.get_by_text("This takes the role analyst; on area ocean you are officer.")).to_be_visible()
    settle(own_page)
    assert own_page.locator("[data-testid=stDataFrame]").count() == 0


def test_an_admin_reads_the_log(house, own_page):
    own_page.goto(f"{house.address}/models?lang=en")
    sign_in_as(own_page, ADMIN)
    expect(own_page.get_by_text("Audit log")).to_be_visible()


def test_somebody_whom_no_rule_names_sees_one_sentence(house, own_page):
    own_page.goto(f"{house.address}/?lang=en")
    sign_in_as(own_page, STRANGER)
    said = own_page.get_by_text(f"No rule gives {STRANGER} access to anything here")
    expect(said).to_be_visible()
    settle(own_page)
    assert own_page.locator("[data-testid=stMainBlockContainer]").inner_text().strip() == said.inner_text().strip()
    own_page.get_by_role("link", name="sign out and use another account.").click()
    expect(own_page.get_by_role("link", name="Sign in")).to_be_visible()


def test_nobody_is_sent_to_an_address_of_others(house, own_page):
    own_page.goto(f"{house.address}/sign-in?next=https%3A%2F%2Fexample.org%2Fevil")
    own_page.get_by_role("link", name=OFFICER, exact=True).click()
    own_page.wait_for_url(f"{house.address}/overview**")
    expect(own_page.locator("h1")).to_have_text(re.compile("Overview|概览"))
