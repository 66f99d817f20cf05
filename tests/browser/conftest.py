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
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from riskmap.study import REPOSITORY

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from fabricated import build_study, write_plan, write_samples, write_troubled_samples

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]
START_S = 120
WAIT_S = 120
TRY_S = 20
"""Longest wait for what a page shall show; tests wait for states and never for a time, so slow machines may be slow.
`TRY_S` is the wait after a click on a canvas, which nobody can see whether it was heard, before it is made again."""
expect.set_options(timeout=WAIT_S * 1000)
IDLE = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app?.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'
        && !document.querySelector('[data-stale=true], [data-testid=stAppSkeleton], [data-testid=stSkeleton]')
        && document.querySelector('[data-testid=stMainBlockContainer]')?.childElementCount > 0;
}"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(home: Path, port: int = 0, *options: str) -> Iterator[str]:
    """Serve the pages over `home`, on a port of its own for 0, and yield their address."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", *options]
    with running(command, home, port, home / "server.log") as address:
        yield address


@contextmanager
def running(command: list[str], home: Path, port: int, log_path: Path) -> Iterator[str]:
    """Run a server and yield its address once it answers."""
    log = log_path.open("w")
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
                assert time.monotonic() < deadline, log_path.read_text()
                assert server.poll() is None, log_path.read_text()
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
def address_under_a_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages over the invented area, served under a path."""
    home = tmp_path_factory.mktemp("screens-under-a-path")
    build_study(home)
    with serve(home, 0, "--server.baseUrlPath=maps") as found:
        yield f"{found}/maps"


@pytest.fixture(scope="session")
def sampled_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages over the invented area with wastewater samples."""
    home = tmp_path_factory.mktemp("sampled-screens")
    study = build_study(home)
    write_samples(study)
    write_troubled_samples(study)
    with serve(home) as found:
        yield found


def settle(page: Page) -> None:
    """Wait until the script has run, nothing of its last run is left, and no further run begins at once.

    The run that a click asks for may begin late on a slow machine: after one, wait for what it shall show.
    """
    quiet = 0
    deadline = time.monotonic() + WAIT_S
    while quiet < 3:
        page.wait_for_function(IDLE, timeout=WAIT_S * 1000)
        page.wait_for_timeout(100)
        quiet = quiet + 1 if page.evaluate(IDLE) else 0
        assert time.monotonic() < deadline, "the page never came to rest"


@pytest.fixture(scope="session")
def context() -> Iterator[BrowserContext]:
    """Debian's Chromium where it is, else the one that Playwright installed; its windows share what they fetched."""
    with sync_playwright() as playwright:
        system = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=system, args=FLAGS)
        yield browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB")
        browser.close()


@pytest.fixture
def strangers() -> list[str]:
    """Addresses on other hosts that a page asked for."""
    return []


@pytest.fixture
def page(context: BrowserContext, strangers: list[str]) -> Iterator[Page]:
    """A fresh window of the smallest supported size, and so a fresh session of the server."""
    opened = context.new_page()
    opened.set_default_timeout(WAIT_S * 1000)

    def note(request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            strangers.append(request.url)

    opened.on("request", note)
    opened.on("dialog", lambda dialog: strangers.append(f"dialog: {dialog.message}"))
    yield opened
    opened.close()


@pytest.fixture
def touchscreen(context: BrowserContext) -> Iterator[Page]:
    """A window that fingers tap on."""
    touched = context.browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB", has_touch=True)
    opened = touched.new_page()
    opened.set_default_timeout(WAIT_S * 1000)
    yield opened
    touched.close()
