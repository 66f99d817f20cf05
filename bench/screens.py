"""`python -m bench.screens --home DIR`: seconds and bytes of what people do on the risk map, in a real browser.

Beside it plain pydeck with the same cells inline: what the map would cost without tiles. Chromium draws by software
WebGL where there is no GPU; seconds are then longer than on a desk.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

from playwright.sync_api import BrowserContext, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from rich.console import Console
from rich.table import Table

from riskmap.figures.scale import PALETTE, rgb

REPOSITORY = Path(__file__).resolve().parent.parent
PORT = 8791
SIZE = {"width": 1366, "height": 768}
CANVAS = ".stDeckGlJsonChart"
LEAST_SHARE = 0.03
"""Of the map's pixels that have a class's colour: the legend alone has less."""
FLAGS = ["--headless", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
INLINE = """
import pandas as pd, pydeck, streamlit as st
from riskmap.figures.scale import PALETTE, published_scale, rgb
from riskmap.study import load_study
from riskmap.surface.publish import read_surface
study = load_study("demo"); surface = read_surface(study)
classes = published_scale(study, surface).classes(surface.cells["expected"], study.resolution)
data = pd.DataFrame({"h": [f"{cell:x}" for cell in surface.cells["cell"]], "k": classes})
colour = "".join(f"k=={k}?{rgb(c)}:" for k, c in enumerate(PALETTE[:-1])) + str(rgb(PALETTE[-1]))
layer = pydeck.Layer("H3HexagonLayer", data, get_hexagon="h", extruded=False, material=False, get_fill_color=colour)
west, south, east, north = study.boundary().bounds
view = pydeck.ViewState(longitude=(west + east) / 2, latitude=(south + north) / 2, zoom=5.3)
st.pydeck_chart(pydeck.Deck([layer], view, map_provider=None), height=500)
"""


@contextmanager
def serve(home: Path, script: str = "app.py") -> Iterator[subprocess.Popen[bytes]]:
    """Serve the pages over `home` at PORT."""
    command = [sys.executable, "-m", "streamlit", "run", script, f"--server.port={PORT}", "--server.headless=true"]
    environment = {**os.environ, "RISKMAP_HOME": str(home)}
    server = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", PORT), timeout=2).close()
                break
            except OSError:
                if server.poll() is not None:
                    raise RuntimeError("the server ended") from None
                time.sleep(0.2)
        yield server
    finally:
        server.terminate()
        server.wait()


# A canvas keeps what was drawn, so that it can be looked at between frames: what a picture of the window costs a
# software renderer (a second and more) is then not counted. Pixels are read once a fence says that all was drawn, and
# only where something was drawn since (a frame begins by clearing): reading them holds up the page, and with it the
# requests for tiles.
WATCH = """(() => {
    const classes = %s, anything = %s, original = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, options) {
        if (kind !== 'webgl2' || this.id !== 'deckgl-overlay') return original.call(this, kind, options);
        const gl = window.drawn = original.call(this, kind, {...options, preserveDrawingBuffer: true});
        const clear = gl.clear;
        gl.clear = mask => { frames++; clear.call(gl, mask); };
        return gl;
    };
    let frames = 0, seen = 0;
    const read = gl => {
        const drawn = performance.now();
        const pixels = new Uint8Array(gl.drawingBufferWidth * gl.drawingBufferHeight * 4);
        gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
        let found = 0, sum = 0;
        for (let at = 0; at < pixels.length; at += 16) {
            const k = anything ? pixels[at + 3] - 1
                : classes.findIndex(c => [0, 1, 2].every(part => Math.abs(pixels[at + part] - c[part]) <= 1));
            if (k >= 0) { found++; sum = (sum + (k + 1) * at) %% 1e15; }
        }
        // A sum that tells one picture of cells from another.
        if (sum !== window.cells) Object.assign(window, {cells: sum, changed: drawn});
        if (!window.painted && found * 16 / pixels.length > %f) window.painted = drawn;
    };
    let fence = null;
    const look = () => {
        const gl = window.drawn;
        if (gl && fence && gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.SIGNALED) {
            gl.deleteSync(fence);
            fence = null;
            read(gl);
        }
        if (gl && !fence && frames > seen && !window.blind) {
            seen = frames;
            fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
            gl.flush();
        }
        setTimeout(look, fence ? 20 : 50);
    };
    look();
})()"""


class Screen:
    """A window that counts the bytes it is sent."""

    def __init__(self, context: BrowserContext, *, anything: bool = False) -> None:
        """Open a window in which cells of the palette's colours are looked for, or `anything` that is drawn."""
        self.page = context.new_page()
        colours = json.dumps([rgb(colour) for colour in PALETTE[1:]])
        self.page.add_init_script(WATCH % (colours, json.dumps(anything), LEAST_SHARE))
        self.page.wait_for_timeout(SETTLED_MS)
        self.bytes = 0
        self.page.on("websocket", lambda found: found.on("framereceived", self._add))
        self.page.on("response", self._count)

    def _add(self, data: str | bytes) -> None:
        self.bytes += len(data)

    def _count(self, response: object) -> None:
        if "/map/" in response.url and "worker" not in response.url:  # type: ignore[attr-defined]
            self.bytes += int(response.headers.get("content-length", 0))  # type: ignore[attr-defined]

    def open(self, path: str, longest: float = 120.0) -> float:
        """Open a page and return the seconds until cells are painted."""
        self.page.set_default_timeout(longest * 1000)
        self.page.goto(f"http://127.0.0.1:{PORT}/{path}")
        self.page.wait_for_function("window.painted")
        return float(self.page.evaluate("window.painted")) / 1000


INLINE_S = 120.0
"""A province in one message keeps a browser busy for minutes where WebGL is software: what takes longer is `inf`."""
TRIES, CLICK_HEARD_S = 5, 10
"""Where WebGL is software, a click may fall into a frame that takes longer than a click does, and is lost."""
SETTLED_MS = 3000
"""A new window of Chromium loads parts of its own for up to two seconds, on the same cores; readers have one open."""
LOOKED_MS = 2500
"""How long readers look before they ask for another period: outlines and names come after the cells."""
DOSSIER = "document.body.innerText.includes('Its highest cells') || document.body.innerText.includes('Why here')"


def measure(context: BrowserContext) -> dict[str, tuple[float, float]]:
    """Return seconds and kB of each step of one visit."""
    screen, found = Screen(context), {}
    found["first cells painted"] = (screen.open("risk_map?lang=en&a=demo&l=0"), screen.bytes / 1000)
    page = screen.page
    for step, key in (("first change of period", "ArrowLeft"), ("next change of period", "ArrowRight")):
        page.wait_for_timeout(LOOKED_MS)
        before = screen.bytes
        page.get_by_role("slider").focus()
        shown = page.evaluate("window.cells")
        begun = page.evaluate("performance.now()")
        page.keyboard.press(key)
        page.wait_for_function("shown => window.cells !== shown", arg=shown, polling=50)
        found[step] = ((page.evaluate("window.changed") - begun) / 1000, (screen.bytes - before) / 1000)
    box = page.locator(CANVAS).first.bounding_box()
    x, y = (box["x"] + box["width"] * 0.62, box["y"] + box["height"] * 0.5) if box else (0, 0)
    before = screen.bytes
    page.evaluate("window.blind = true")  # what is waited for is text: looking at the map would hold it up
    for _ in range(TRIES):
        page.mouse.move(x - 5, y)
        page.mouse.move(x, y)
        page.wait_for_timeout(400)
        begun = time.monotonic()
        page.mouse.click(x, y)
        with suppress(PlaywrightTimeoutError):
            page.wait_for_function(DOSSIER, timeout=CLICK_HEARD_S * 1000, polling=50)
            break
    else:
        raise AssertionError("the map never heard of a click")
    found["click to dossier"] = (time.monotonic() - begun, (screen.bytes - before) / 1000)
    page.close()
    street = Screen(context)
    counties = "risk_map?lang=en&a=demo&l=0&v=" + busiest_county()
    found["a county, from the address"] = (street.open(counties), street.bytes / 1000)
    street.page.close()
    return found


def busiest_county() -> str:
    """Return the code of the county with most expected cases."""
    from riskmap.study import load_study
    from riskmap.surface.publish import read_surface

    areas = read_surface(load_study("demo")).table("areas").query("level == 'county'")
    return str(areas.sort_values("expected")["area_code"].iloc[-1])


def main() -> None:
    """Measure ours, then inline cells, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.screens", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="a home with `demo` and at least two surfaces")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-inline", action="store_true")
    options = parser.parse_args()
    os.environ["RISKMAP_HOME"] = str(options.home)
    runs: dict[str, list[tuple[float, float]]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        context = browser.new_context(viewport=SIZE, locale="en-GB")  # type: ignore[arg-type]
        with serve(options.home):
            for turn in range(options.rounds + 1):
                for step, values in measure(context).items():
                    name = f"{step}, first visit to a fresh server" if turn == 0 else step
                    runs.setdefault(name, []).append(values)
        if not options.no_inline:
            script = options.home / "inline_cells.py"
            script.write_text(INLINE, encoding="utf-8")
            with serve(options.home, str(script)):
                screen = Screen(context, anything=True)  # cells smaller than a pixel have no class's exact colour
                try:
                    seconds = screen.open("", INLINE_S)
                except PlaywrightTimeoutError:
                    seconds = float("inf")
                runs["inline cells"] = [(seconds, screen.bytes / 1000)]
                screen.page.close()
            script.unlink()
        browser.close()
    table = Table("step", "median s", "kB")
    for step, values in runs.items():
        table.add_row(step, f"{median(v[0] for v in values):.2f}", f"{median(v[1] for v in values):,.0f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
