"""The two commands of a newcomer, as they are typed: build the simulated province, then run it."""

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any


def build_demo(home: str, scale: str) -> dict[str, Any]:
    """Time `riskmap demo --scale SCALE`: raw files made, imported with receipts."""
    return _command(home, "demo", "--scale", scale)


def run_demo(home: str) -> dict[str, Any]:
    """Time `riskmap run demo`: from imported layers to a published surface, the model fitted on the way."""
    return _command(home, "run", "demo")


def _command(home: str, *arguments: str) -> dict[str, Any]:
    """Run riskmap in a process of its own; Python's start is part of what a user waits for."""
    riskmap = Path(sys.executable).with_name("riskmap")
    environment = {**os.environ, "RISKMAP_HOME": home, "RISKMAP_LANGUAGE": "en"}
    start = perf_counter()
    ended = subprocess.run([riskmap, *arguments], env=environment, capture_output=True, text=True, check=False)
    seconds = perf_counter() - start
    if ended.returncode:
        raise RuntimeError(f"riskmap {' '.join(arguments)}: {ended.stderr.strip()[-1000:]}")
    return {"seconds": seconds}
