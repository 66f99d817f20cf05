"""Who may come in at all: addresses to listen on, requests from elsewhere, and the way back after a sign-in."""

import os
import subprocess
import sys

import pytest
from readers import AUTH
from starlette.requests import Request
from streamlit import config

from riskmap.study import REPOSITORY
from riskmap.web import open_door, sign_in_settings
from riskmap.web.open_door import (
    NEXT_COOKIE,
    BackToTheAddress,
    OnlyFromHere,
    begin_sign_in,
    own_address,
    sign_in_routes,
)
from riskmap.web.sign_in_settings import is_local, problem, providers, refusal
from tests.web.fabricated import run_apart


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "LOCALHOST", "::1", "[::1]", "127.8.8.8"])
def test_addresses_of_this_machine(address):
    assert is_local(address)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "", None, "10.0.0.1", "example.org", "localhost.example.org"])  # noqa: S104
def test_addresses_that_others_reach(address):
    assert not is_local(address)


@pytest.mark.parametrize("address", ["0.0.0.0", "", None, "192.168.1.4"])  # noqa: S104
def test_without_sign_in_the_pages_listen_here_only(monkeypatch, address):
    monkeypatch.setattr(sign_in_settings, "auth_section", dict)
    assert refusal("127.0.0.1") is None
    said = refusal(address)
    assert "do not listen" in said.en
    assert "不监听" in said.zh
    monkeypatch.setattr(sign_in_settings, "auth_section", lambda: AUTH)
    assert refusal(address) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cookie_secret": ""}, "lacks cookie_secret"),
        ({"cookie_secret": "short"}, "shorter than 32"),
        ({"redirect_uri": ""}, "lacks redirect_uri"),
        ({"client_id": ""}, "lacks client_id"),
    ],
)
def test_half_a_sign_in_starts_nowhere(monkeypatch, changes, said):
    monkeypatch.setattr(sign_in_settings, "auth_section", lambda: AUTH | changes)
    assert said in problem(AUTH | changes).en
    assert said in refusal("127.0.0.1").en
    assert said in refusal("0.0.0.0").en  # noqa: S104


def test_providers_may_have_names():
    parts = {key: AUTH[key] for key in ("client_id", "client_secret", "server_metadata_url")}
    shared = {key: AUTH[key] for key in ("redirect_uri", "cookie_secret")}
    assert providers(AUTH) == ["default"]
    assert providers({**shared, "police": parts, "client_kwargs": {"prompt": "login"}}) == ["police"]
    assert problem({**shared, "police": parts}) is None


@pytest.mark.parametrize("address", ["0.0.0.0", ""])  # noqa: S104
def test_streamlit_itself_is_refused_another_address(tmp_path, address):
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.address={address}", "--server.port=1"]
    options = [f"--secrets.files={tmp_path / 'none.toml'}"]
    ended = subprocess.run(
        [*command, *options], cwd=REPOSITORY, env=os.environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode != 0
    assert "The pages do not listen on 0.0.0.0: sign-in is not set up" in ended.stdout + ended.stderr
    assert "页面不监听 0.0.0.0" in ended.stdout + ended.stderr


# --- requests


def answer(application, path="/", client="127.0.0.1", kind="http", cookies="", query=b""):
    """Return what an application sends for one request."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    headers = [(b"cookie", cookies.encode())] if cookies else []
    scope = {"type": kind, "method": "GET", "path": path, "query_string": query, "headers": headers}
    request = application({**scope, "client": (client, 5)}, receive, send)
    run_apart(request)
    return sent


async def inner(scope, receive, send):
    await send({"type": "reached"})


@pytest.mark.parametrize("client", ["10.0.0.9", "", "203.0.113.7", "::ffff:10.0.0.1"])
def test_without_sign_in_nobody_elsewhere_is_answered(monkeypatch, client):
    monkeypatch.setattr(open_door, "is_wanted", lambda: False)
    assert answer(OnlyFromHere(inner), client=client)[0]["status"] == 403
    assert answer(OnlyFromHere(inner), client=client, kind="websocket") == [{"type": "websocket.close", "code": 1008}]
    assert answer(OnlyFromHere(inner), client="127.0.0.1") == [{"type": "reached"}]
    monkeypatch.setattr(open_door, "is_wanted", lambda: True)
    assert answer(OnlyFromHere(inner), client=client) == [{"type": "reached"}]


def headers_of(sent):
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_after_a_sign_in_the_first_page_gives_way_once():
    kept = f"{NEXT_COOKIE}=n=%2Frisk_map%3Flang%3Den%26v%3D100101"
    sent = answer(BackToTheAddress(inner), cookies=kept)
    assert sent[0]["status"] == 302
    assert headers_of(sent)["location"] == "/risk_map?lang=en&v=100101"
    assert f'{NEXT_COOKIE}=""' in headers_of(sent)["set-cookie"]
    assert answer(BackToTheAddress(inner)) == [{"type": "reached"}]
    assert answer(BackToTheAddress(inner), "/risk_map", cookies=kept) == [{"type": "reached"}]
    assert answer(BackToTheAddress(inner), cookies=kept, query=b"lang=en") == [{"type": "reached"}]


def test_under_a_path_a_sign_in_begins_there_and_ends_at_the_page_that_was_wanted():
    config.set_option("server.baseUrlPath", "maps")
    try:
        assert [route.path for route in sign_in_routes()] == ["/maps/sign-in"]
        assert own_address("/risk_map?lang=en") == "/maps/risk_map?lang=en"
        kept = f"{NEXT_COOKIE}=n=%2Fmaps%2Frisk_map%3Flang%3Den"
        assert headers_of(answer(BackToTheAddress(inner), "/maps/", cookies=kept))["location"] == (
            "/maps/risk_map?lang=en"
        )
        assert own_address("/other/risk_map") == "/maps/overview"
    finally:
        config.set_option("server.baseUrlPath", "")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("/risk_map?lang=en&v=1&evil=2", "/risk_map?lang=en&v=1"),
        ("https://example.org/risk_map?lang=en", "/risk_map?lang=en"),
        ("//example.org/evil", "/overview"),
        ("javascript:alert(1)", "/overview"),
        ("/risk_map?lang=<script>&c=zz", "/risk_map?lang=zh"),
        ("/oauth2callback?code=1", "/overview"),
        ("", "/overview"),
        ("/data?lang=en&part=sources", "/data?lang=en&part=sources"),
    ],
)
def test_only_our_pages_with_what_they_can_show_are_gone_back_to(text, address):
    assert own_address(text) == address


def test_a_sign_in_begins_with_a_provider_that_is_known(monkeypatch):
    monkeypatch.setattr(open_door, "auth_section", lambda: AUTH)
    scope = {"type": "http", "method": "GET", "path": "/sign-in", "headers": []}
    known = begin_sign_in(Request({**scope, "query_string": b"provider=default&next=%2Fhelp%3Flang%3Den"}))
    assert known.status_code == 302
    assert known.headers["location"].startswith("/auth/login?provider=")
    assert "HttpOnly" in known.headers["set-cookie"]
    assert "SameSite=lax" in known.headers["set-cookie"]
    assert begin_sign_in(Request({**scope, "query_string": b"provider=other"})).status_code == 404
