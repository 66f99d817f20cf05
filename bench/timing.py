"""Run one way in a fresh process: seconds of the work itself, and the most memory that it and its children held."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLING_S = 0.1
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True)
class Measured:
    """One run of one way; `said` is what it found out beside its time, such as a deviance."""

    way: str
    seconds: float
    peak_mb: float
    said: dict[str, Any] = field(default_factory=dict)


def measure(way: str, arguments: dict[str, Any]) -> Measured:
    """Run `python -m bench.ways WAY ARGUMENTS` and read the line of JSON that it prints last.

    The peak is the larger of what the kernel kept for the process and its finished children (getrusage) and of the
    sum over the tree of processes, looked at ten times a second: two workers at once hold more than either.

    Raises
    ------
    RuntimeError
        With the end of what it wrote, if it failed.
    """
    command = [sys.executable, "-m", "bench.ways", way, json.dumps(arguments)]
    child = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak = _PeakOfTree(child.pid)
    out, err = child.communicate()
    sampled = peak.stop()
    if child.returncode:
        raise RuntimeError(f"{way} failed ({child.returncode}): {err.strip()[-2000:]}")
    said = json.loads(out.strip().splitlines()[-1])
    return Measured(way, said.pop("seconds"), max(sampled, said.pop("peak_mb")), said)


class _PeakOfTree:
    """A thread that keeps the largest memory of a process and all below it, MB; 0 where there is no /proc."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._done = pid, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        self._done.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._done.wait(SAMPLING_S):
            held = [_memory_mb(pid) for pid in _tree(self._pid)]
            own = sum(resident - shared for resident, shared in held)
            self._peak = max(self._peak, own + max((shared for _, shared in held), default=0.0))


def _memory_mb(pid: int) -> tuple[float, float]:
    """Return a process's resident memory and the part of it that files back and others may share, MB."""
    try:
        _, resident, shared = map(int, Path(f"/proc/{pid}/statm").read_text().split()[:3])
    except (OSError, ValueError):
        return 0.0, 0.0
    return resident * PAGE_MB, shared * PAGE_MB


def _tree(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        for task in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            try:
                waiting += map(int, task.read_text().split())
            except OSError:
                continue
    return found
