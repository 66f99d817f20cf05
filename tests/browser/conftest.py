"""A server with the invented area, a real browser before it, and a list of every request that left the machine."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from riskmap.study import REPOSITORY

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from fabricated import build_study, write_plan

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]
START_S = 60


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(home: Path) -> Iterator[str]:
    """Serve the pages over `home` and yield their address."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    log = (home / "server.log").open("w")
    server = subprocess.Popen(
        command, cwd=REPOSITORY, env={**os.environ, "RISKMAP_HOME": str(home)}, stdout=log, stderr=subprocess.STDOUT
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=2).close()
                break
            except OSError:
                assert time.monotonic() < deadline, (home / "server.log").read_text()
                assert server.poll() is None, (home / "server.log").read_text()
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages over the invented area."""
    home = tmp_path_factory.mktemp("screens")
    write_plan(build_study(home))
    with serve(home) as found:
        yield found


@pytest.fixture(scope="session")
def bare_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages over an area without a forecast."""
    home = tmp_path_factory.mktemp("bare-screens")
    build_study(home, surfaces=0)
    with serve(home) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium where it is, else the one that Playwright installed."""
    with sync_playwright() as playwright:
        system = shutil.which("chromium") or shutil.which("chromium-browser")
        launched = playwright.chromium.launch(executable_path=system, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def strangers() -> list[str]:
    """Addresses on other hosts that a page asked for."""
    return []


@pytest.fixture
def page(browser: Browser, strangers: list[str]) -> Iterator[Page]:
    """A fresh window of the smallest supported size."""
    opened = browser.new_page(viewport={"width": 1366, "height": 768}, locale="en-GB")

    def note(request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            strangers.append(request.url)

    opened.on("request", note)
    opened.on("dialog", lambda dialog: strangers.append(f"dialog: {dialog.message}"))
    yield opened
    opened.close()
