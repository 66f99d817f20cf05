"""`python -m bench.viewers --home DIR`: how long a click takes when many people look at once.

Each viewer speaks to the server as a browser does (Streamlit's messages over a websocket): it opens a page, then moves
the period, clicks cells and turns to another page, with pauses as people make them. Printed are the seconds from a
click until the page is complete, errors, and the server's memory.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
from rich.console import Console
from rich.table import Table
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

from bench.screens import PORT, REPOSITORY, serve

PAGES = ("overview", "risk_map", "inspections")
PAUSE_S = (1.0, 5.0)
MiB = 2**20


class Viewer:
    """One session: what it was shown last, and what it chose."""

    def __init__(self, socket: ClientConnection, chance: random.Random, times: dict[str, list[float]]) -> None:
        self.socket, self.chance, self.times = socket, chance, times
        self.page = chance.choice(PAGES)
        self.query = f"lang={chance.choice(('zh', 'en'))}&a=demo"
        self.elements: dict[str, Any] = {}
        self.chosen: dict[str, WidgetState] = {}
        self.errors: list[str] = []

    async def run(self, what: str) -> None:
        """Ask for the page as it is now and wait until it is complete."""
        begun = time.monotonic()
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = self.query, self.page
        state.widget_states.widgets.extend(self.chosen.values())
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await self.socket.recv())
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                self._note(answer.delta.new_element)
            elif kind == "page_info_changed":
                self.query = answer.page_info_changed.query_string
            elif kind == "script_finished":
                break
        self.times[what].append(time.monotonic() - begun)

    def _note(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(f"{element.exception.type}: {element.exception.message[:200]}")
        self.elements[kind] = getattr(element, kind)

    async def act(self) -> None:
        """Do one thing that a viewer does."""
        if self.page != "risk_map" or self.chance.random() < 0.15:
            self.page = self.chance.choice(PAGES)
            self.elements, self.chosen = {}, {}
            await self.run("turn to a page")
            return
        what = self.chance.choice(("period", "cell"))
        if what == "period" and (slider := self.elements.get("slider")) is not None:
            state = WidgetState(id=slider.id)
            state.string_array_value.data.append(self.chance.choice(slider.options))
            self.chosen[slider.id] = state
        elif (deck := self.elements.get("deck_gl_json_chart")) is not None:
            what, row = "cell", {"properties": {"r": 8, "i": self.chance.randrange(500_000)}}
            cells = {"cells-all": [row]}
            told = {"selection": {"indices": {"cells-all": [0]}, "objects": cells}}
            self.chosen[deck.id] = WidgetState(id=deck.id, string_value=json.dumps(told))
        await self.run(what)


async def view(number: int, seconds: float, times: dict[str, list[float]], errors: list[str]) -> None:
    """Look on for some seconds."""
    chance = random.Random(number)  # noqa: S311  # who looks at what, nothing secret
    await asyncio.sleep(chance.random() * 10)
    address = f"ws://127.0.0.1:{PORT}/_stcore/stream"
    try:
        async with connect(address, subprotocols=["streamlit"], max_size=None, ping_timeout=None) as socket:  # type: ignore[list-item]
            viewer = Viewer(socket, chance, times)
            await viewer.run("open")
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                await asyncio.sleep(chance.uniform(*PAUSE_S))
                await viewer.act()
            errors += viewer.errors
    except Exception as error:  # noqa: BLE001  # whatever a viewer meets is what is looked for
        errors.append(f"{type(error).__name__}: {error}"[:300])


def memory_mib(process: subprocess.Popen[bytes]) -> float:
    """Return what a process holds in memory."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MiB


@contextmanager
def retraining(home: Path, wanted: bool) -> Iterator[None]:
    """Fit a challenger meanwhile, where `wanted`."""
    if not wanted:
        yield
        return
    command = [sys.executable, "-m", "riskmap", "--home", str(home), "models", "train", "demo"]
    work = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
        print("the retrain", "went on all the while" if work.poll() is None else "ended meanwhile")
    finally:
        work.terminate()
        work.wait()


async def look(viewers: int, seconds: float) -> tuple[dict[str, list[float]], list[str]]:
    """Have all viewers look at once; return seconds by what was done, and errors."""
    times: dict[str, list[float]] = defaultdict(list)
    errors: list[str] = []
    await asyncio.gather(*(view(number, seconds, times, errors) for number in range(viewers)))
    return times, errors


def main() -> None:
    """Serve, look, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.viewers", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="a home with `demo` and at least two surfaces")
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--retrain", action="store_true", help="fit a challenger meanwhile")
    options = parser.parse_args()
    with serve(options.home) as server:
        asyncio.run(look(6, 30))  # what is read once is read now
        for page in PAGES:
            urlopen(f"http://127.0.0.1:{PORT}/{page}").read()
        before = memory_mib(server)
        with retraining(options.home, options.retrain):
            times, errors = asyncio.run(look(options.viewers, options.seconds))
        after = memory_mib(server)
    table = Table("what", "n", "median s", "p95 s", "longest s")
    for what, found in [*sorted(times.items()), ("all", list(chain.from_iterable(times.values())))]:
        table.add_row(what, f"{len(found):,}", *(f"{np.quantile(found, q):.2f}" for q in (0.5, 0.95, 1)))
    Console(width=100).print(table)
    print(f"memory {before:.0f} -> {after:.0f} MiB ({after / before - 1:+.1%}); errors {len(errors)}")
    for error in sorted(set(errors))[:10]:
        print(" ", error)


if __name__ == "__main__":
    main()
