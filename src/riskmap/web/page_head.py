"""What stands in the head of every page beside Streamlit's own: what makes a map appear sooner.

A map's scripts are fetched and read while the page's first ones run, not when the map is described at last. The page
knows where its server is, and does not try its own path first. The window says how large it is before anything is drawn
for it (window.py). A map's first tap is heard. And nothing moves while a page is set up: shimmering
placeholders are drawn anew sixty times a second, which takes a computer without a graphics processor as long as the
page itself (docs/compute.md).
"""

from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskmap.web.window import SAY

SCRIPTS = Path(streamlit.__file__).parent / "static" / "static" / "js"
MAP_SCRIPTS = ("DeckGlJsonChart.*.js", "webgl.*.js")
"""Streamlit's names for them; the middle tells one version from another."""
PLACEHOLDERS = ("stSkeleton", "stAppSkeleton", "stStatusWidget")
FIND_SERVER = (
    "window.__streamlit={BACKEND_BASE_URL:new URL('.',location.href).href,"
    "HOST_CONFIG:{allowedOrigins:[location.origin],useExternalAuthToken:false}};"
)
"""Streamlit's own way to be told where it is served: where the page's scripts are, at the root or under a path."""
# A map finds what lies under a pointer by drawing it with shaders of its own, which a browser links only once they are
# asked for, and until then it finds nothing. A mouse asks on its way; a finger would tap in vain. Where there is only a
# mouse, nobody asks ahead: without a graphics processor it takes half a second of a change of period.
FIND_AHEAD = """(() => {
    if (!navigator.maxTouchPoints) return;
    const asked = new WeakMap();
    const timer = setInterval(() => {
        for (const map of document.querySelectorAll('#deckgl-overlay')) {
            const times = asked.get(map) ?? 0, corner = map.getBoundingClientRect();
            if (times > 30) continue;
            asked.set(map, times + 1);
            const mouse = {bubbles: true, pointerType: 'mouse', pointerId: 1, isPrimary: true};
            const place = {clientX: corner.left + 1, clientY: corner.top + 1};
            if (times) map.dispatchEvent(new PointerEvent('pointermove', {...mouse, ...place}));
        }
    }, 1000);
    addEventListener('pointermove', event => {
        if (event.isTrusted && event.pointerType === 'mouse') clearInterval(timer);
    }, true);
})();"""
UNWANTED = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"}
"""Headers of a request by which its answer might be no whole text, or none at all."""


def added_head() -> bytes:
    """Return what is added to the head of a page."""
    scripts = [path.name for pattern in MAP_SCRIPTS for path in sorted(SCRIPTS.glob(pattern))]
    links = "".join(f'<link rel="modulepreload" crossorigin href="./static/js/{name}">' for name in scripts)
    still = ",".join(f"[data-testid={name}],[data-testid={name}] *" for name in PLACEHOLDERS)
    script = f"<script>{SAY}{FIND_SERVER}{FIND_AHEAD}</script>"
    return f"{links}{script}<style>{still}{{animation:none!important}}</style>".encode()


def _asks_for_page(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


class PageHead:
    """Adds to the head of every page that is asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.added = app, added_head()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if not _asks_for_page(scope):
            await self.app(scope, receive, send)
            return
        asked = [(name, value) for name, value in scope["headers"] if name.lower() not in UNWANTED]
        await self.app({**scope, "headers": asked}, receive, _WithHead(send, self.added))


class _WithHead:
    """Sends an answer on; one that is a page as a whole, with its head."""

    def __init__(self, send: Send, added: bytes) -> None:
        self.send, self.added = send, added
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and Headers(raw=message["headers"]).get(
            "content-type", ""
        ).startswith("text/html"):
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_page(self.start)

    async def _send_page(self, start: Message) -> None:
        page = self.body.replace(b"</head>", self.added + b"</head>", 1)
        headers = MutableHeaders(scope=start)
        headers["content-length"] = str(len(page))
        for name in ("etag", "last-modified"):  # they are of the page as it was
            del headers[name]
        await self.send(start)
        await self.send({"type": "http.response.body", "body": page})
