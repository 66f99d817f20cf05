"""`python -m bench.screens --home DIR`: seconds and bytes of what people do on the risk map, in a real browser.

Beside it plain pydeck with the same cells inline: what the map would cost without tiles. Chromium draws by software
WebGL where there is no GPU; seconds are then longer than on a desk.
"""

import argparse
import io
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, Page, sync_playwright
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
colour = "@@=" + "".join(f"k=={k}?{rgb(c)}:" for k, c in enumerate(PALETTE[:-1])) + str(rgb(PALETTE[-1]))
layer = pydeck.Layer("H3HexagonLayer", data, get_hexagon="h", high_precision=True, extruded=False,
                     _sub_layer_props={"hexagon-cell-hifi": {"getFillColor": colour}})
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


def shares(page: Page) -> np.ndarray:
    """Return the share of the map's pixels that each class but the lowest has."""
    pixels = np.asarray(Image.open(io.BytesIO(page.locator(CANVAS).first.screenshot())).convert("RGB"), dtype=int)
    return np.array([(np.abs(pixels - rgb(colour)).max(axis=2) <= 1).mean() for colour in PALETTE[1:]])


def wait(done: Callable[[], bool], longest: float = 120.0) -> float:
    """Return the seconds until `done`."""
    begun = time.monotonic()
    while not done():
        if time.monotonic() - begun > longest:
            raise TimeoutError("it never came")
        time.sleep(0.05)
    return time.monotonic() - begun


class Screen:
    """A window that counts the bytes it is sent."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.bytes = 0
        self.page.on("websocket", lambda found: found.on("framereceived", self._add))
        self.page.on("response", self._count)

    def _add(self, data: str | bytes) -> None:
        self.bytes += len(data)

    def _count(self, response: object) -> None:
        if "/map/" in response.url and "worker" not in response.url:  # type: ignore[attr-defined]
            self.bytes += int(response.headers.get("content-length", 0))  # type: ignore[attr-defined]

    def open(self, path: str) -> float:
        """Open a page and return the seconds until cells are painted."""
        begun = time.monotonic()
        self.page.goto(f"http://127.0.0.1:{PORT}/{path}")
        self.page.wait_for_selector("#deckgl-overlay", timeout=120_000)
        wait(lambda: shares(self.page).sum() > LEAST_SHARE)
        return time.monotonic() - begun


def measure(context: BrowserContext) -> dict[str, tuple[float, float]]:
    """Return seconds and kB of each step of one visit."""
    screen, found = Screen(context), {}
    found["first cells painted"] = (screen.open("risk_map?lang=en&a=demo&l=0"), screen.bytes / 1000)
    page = screen.page
    before = screen.bytes
    page.get_by_role("slider").focus()
    begun = time.monotonic()
    with page.expect_response(lambda answer: "/map/cells/" in answer.url, timeout=60_000):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("location.search.includes('p=')")
    page.wait_for_load_state("networkidle")
    idle_s = 0.5  # of rest, before a network is called idle
    found["change of period"] = (time.monotonic() - begun - idle_s, (screen.bytes - before) / 1000)
    box = page.locator(CANVAS).first.bounding_box()
    x, y = (box["x"] + box["width"] * 0.62, box["y"] + box["height"] * 0.5) if box else (0, 0)
    before = screen.bytes
    page.mouse.move(x - 5, y)
    page.mouse.move(x, y)
    page.wait_for_timeout(400)
    begun = time.monotonic()
    page.mouse.click(x, y)
    page.wait_for_function(
        "document.body.innerText.includes('Its highest cells') || document.body.innerText.includes('Why here')"
    )
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
                for _ in range(2):
                    screen = Screen(context)
                    runs.setdefault("inline cells", []).append((screen.open(""), screen.bytes / 1000))
                    screen.page.close()
            script.unlink()
        browser.close()
    table = Table("step", "median s", "kB")
    for step, values in runs.items():
        table.add_row(step, f"{median(v[0] for v in values):.2f}", f"{median(v[1] for v in values):,.0f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
