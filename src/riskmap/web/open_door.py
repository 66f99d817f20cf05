"""Who may come in at all: addresses to listen on, requests from other machines, and the way back after a sign-in.

Without sign-in the pages are for whoever sits at this machine. That is looked at three times: before the command line
starts them, where they are set up (`streamlit run app.py` asks nobody else), and at every request.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.auth_util import encode_provider_token
from streamlit.url_util import make_url_path

from riskmap.language import Text
from riskmap.study import REPOSITORY
from riskmap.web.sign_in_settings import auth_section, is_local, is_wanted, providers, refusal
from riskmap.web.view import decode_view, encode_view

PAGES = {"", *(path.stem for path in (REPOSITORY / "pages").glob("*.py"))}
NEXT_COOKIE = "riskmap_next"
NEXT_S = 600
"""Seconds in which a sign-in is to be done for the way back to be known."""
SIGN_IN_PATH = "/sign-in"


def refuse_unsafe_address() -> None:
    """End the program where the pages would listen beyond this machine without sign-in, with why, in both languages."""
    said = refusal(config.get_option("server.address"))
    if said is not None:
        raise SystemExit(f"{said.zh}\n{said.en}")


class OnlyFromHere:
    """Without sign-in, answer nobody but this machine: whatever server runs the pages, and whatever stands before it.

    Behind a proxy on this machine the request is that of the proxy's client, which the server tells us.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        client = (scope.get("client") or ("", 0))[0]
        if scope["type"] == "lifespan" or is_wanted() or is_local(client):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            said = Text("Without sign-in the pages are for this machine alone.")
            await PlainTextResponse(f"{said.zh}\n{said.en}", 403)(scope, receive, send)


class BackToTheAddress:
    """After a sign-in, go where the reader wanted to: the identity provider sends everybody to the first page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        base = own_path("/")
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == base and not scope["query_string"]:
            wanted = Request(scope).cookies.get(NEXT_COOKIE)
            if wanted is not None:
                answer = RedirectResponse(own_address(_unquoted(wanted)), 302)
                answer.delete_cookie(NEXT_COOKIE, path="/")
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


def own_path(path: str) -> str:
    """Return the path at which something of ours is served: under server.baseUrlPath, as Streamlit's own pages are."""
    return make_url_path(config.get_option("server.baseUrlPath"), path)


def own_address(text: str) -> str:
    """Return an address of our pages with what it shows; the first page for everything that is none."""
    parts = urlsplit(text)
    page = parts.path.removeprefix(own_path("/")).strip("/")
    if page not in PAGES:
        return own_path("/overview")
    given = dict(parse_qsl(parts.query))
    shown = urlencode({key: value for key, value in encode_view(decode_view(given)).items() if key in given})
    address = own_path(f"/{page or 'overview'}")
    return f"{address}?{shown}" if shown else address


def _quoted(text: str) -> str:
    return urlencode({"n": text})


def _unquoted(text: str) -> str:
    return dict(parse_qsl(text)).get("n", "")


def begin_sign_in(request: Request) -> Response:
    """Remember where the reader wants to go, and send them to the identity provider."""
    wanted = own_address(request.query_params.get("next", ""))
    known = providers(auth_section())
    provider = request.query_params.get("provider", known[0] if known else "")
    if provider not in known:
        return PlainTextResponse("No such identity provider.", 404)
    path = own_path("/auth/login")
    answer = RedirectResponse(f"{path}?{urlencode({'provider': encode_provider_token(provider)})}", 302)
    answer.set_cookie(NEXT_COOKIE, _quoted(wanted), max_age=NEXT_S, httponly=True, samesite="lax", path="/")
    return answer


def sign_in_routes() -> list[Route]:
    """Return what is served for a sign-in beside what Streamlit serves."""
    return [Route(own_path(SIGN_IN_PATH), begin_sign_in)]
