"""Make the README's picture from running pages: `python docs/make_screenshot.py`, after `make run` has built `demo`.

Starts the pages on a port of their own, opens the risk map with one cell's dossier in a real browser, waits until the
picture has come to rest, and writes docs/screenshot.png. Needs the test packages and Chromium.
"""

import argparse
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import h3
from playwright.sync_api import sync_playwright

from riskmap.study import REPOSITORY, load_study
from riskmap.surface.publish import read_surface

FLAGS = ["--headless", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
READY = "[data-testid=stApp][data-test-script-state=notRunning]"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: int = 60) -> None:
    """Wait until somebody listens on `port`."""
    for _ in range(seconds * 5):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit(f"The pages did not start on port {port} within {seconds} s.")


def take_picture(address: str, out: Path) -> None:
    """Open `address` at 1920 x 1080 and write what is seen once two pictures in a row are equal."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(address)
        page.wait_for_selector(READY, timeout=120_000)
        page.wait_for_selector("#deckgl-overlay", timeout=120_000)
        before = b""
        for _ in range(40):
            page.wait_for_timeout(1500)
            now = page.screenshot()
            if now == before:
                break
            before = now
        out.write_bytes(now)
        browser.close()


def main() -> None:
    """Start the pages, take the picture, stop the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--area", default="demo")
    parser.add_argument("--language", default="en", choices=["en", "zh"])
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "screenshot.png")
    chosen = parser.parse_args()
    cells = read_surface(load_study(chosen.area)).cells
    top = h3.int_to_str(int(cells.loc[cells["rank"].idxmin(), "cell"]))
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    server = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        wait_for(port)
        take_picture(f"http://127.0.0.1:{port}/risk_map?lang={chosen.language}&a={chosen.area}&c={top}", chosen.out)
    finally:
        server.terminate()
        server.wait(timeout=20)


if __name__ == "__main__":
    main()
