"""Every page that is asked for has our head; everything else is sent on as it is."""

import asyncio
import re

import pytest
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from riskmap.web.page_head import FIND_SERVER, SCRIPTS, PageHead, added_head
from tests.web.fabricated import run_apart

PAGE = b"<html><head><title>x</title></head><body>" + b"y" * 2000 + b"</body></html>"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "index.html"
    file.write_bytes(PAGE)

    async def in_parts():
        for at in range(0, len(PAGE), 100):
            yield PAGE[at : at + 100]

    return PageHead(
        GZipMiddleware(
            Starlette(
                routes=[
                    Route("/page", lambda request: FileResponse(file)),
                    Route("/parts", lambda request: StreamingResponse(in_parts(), media_type="text/html")),
                    Route("/text", lambda request: PlainTextResponse("</head>" * 200)),
                ]
            )
        )
    )


def ask(app, path, method="GET", **headers):
    """Status, headers and body of an answer."""
    sent = []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }

    async def receive():
        return await asyncio.get_running_loop().create_future()  # the browser stays and says nothing more

    async def send(message):
        sent.append(message)

    run_apart(app(scope, receive, send))
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("path", ["/page", "/parts"])
def test_a_page_has_our_head_once_and_whole(app, path):
    status, headers, body = ask(app, path, accept="text/html,*/*", accept_encoding="gzip")
    assert status == 200
    assert body == PAGE.replace(b"</head>", added_head() + b"</head>")
    assert headers["content-length"] == str(len(body))
    assert not {"etag", "last-modified", "content-encoding"} & set(headers)


def test_a_page_that_a_browser_knows_is_sent_all_the_same(app):
    _, known, _ = ask(app, "/page")
    status, _, body = ask(app, "/page", accept="text/html", if_none_match=known["etag"], range="bytes=0-9")
    assert (status, body.count(added_head())) == (200, 1)


def test_what_is_no_page_or_asked_for_as_none_is_sent_as_it_is(app):
    _, headers, body = ask(app, "/text", accept="text/html")
    assert body == b"</head>" * 200
    assert "content-encoding" not in headers
    assert ask(app, "/page", accept="*/*")[2] == PAGE
    assert ask(app, "/page", "HEAD", accept="text/html")[2] == b""
    assert ask(app, "/nowhere", accept="text/html")[0] == 404


def test_the_scripts_that_are_named_are_there():
    """Streamlit may name them otherwise one day: then a map comes later, and this says so."""
    named = re.findall(r'href="\./static/js/([^"]+)"', added_head().decode())
    assert len(named) == 2
    assert all((SCRIPTS / name).is_file() for name in named)


def test_the_page_is_told_where_its_server_is_in_words_that_streamlit_knows():
    """It may call them otherwise one day: then the page looks for its server again, and this says so."""
    named = re.search(r'src="\./static/js/([^"]+)"', (SCRIPTS.parents[1] / "index.html").read_text(encoding="utf-8"))
    main = SCRIPTS / named[1]
    told = re.findall(r"(\w+):", FIND_SERVER)
    assert told == ["BACKEND_BASE_URL", "HOST_CONFIG", "allowedOrigins", "useExternalAuthToken"]
    assert [word for word in told if word not in main.read_text(encoding="utf-8")] == []
    assert FIND_SERVER in added_head().decode()
