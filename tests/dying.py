"""Work that is killed at a chosen step: a forked child sends itself SIGKILL before its n-th change of the disk."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pyarrow.parquet as pq

from riskmap.study import REPOSITORY

PROGRAM = REPOSITORY / "src" / "riskmap"
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"}


def killing_points(work: Callable[[], object], points: int) -> list[int]:
    """Return steps of `work` to be killed at: every change of the disk, and calls of the program evenly between."""
    reader, writer = os.pipe()
    if not (child := os.fork()):
        os.close(reader)
        heard: list[str] = []
        _watch(heard.append)
        work()
        with os.fdopen(writer, "w") as stream:
            stream.write(",".join(heard))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        kinds = stream.read().split(",")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    changes = [step for step, kind in enumerate(kinds, start=1) if kind == "change"]
    calls = [step for step, kind in enumerate(kinds, start=1) if kind == "call"]
    missing = max(2, points - len(changes))
    between = {calls[round(k * (len(calls) - 1) / (missing - 1))] for k in range(missing)}
    return sorted({*changes, *between})


def kill_at(step: int, work: Callable[[], object]) -> bool:
    """Do `work` in a child that dies at its `step`-th step; return whether it did."""
    if not (child := os.fork()):
        left = [step]

        def die(_kind: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        _watch(die)
        work()
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL)
    return status != 0


def _watch(tell: Callable[[str], None]) -> None:
    """Tell of every change of the disk, before it happens, and of every call of a function of the program."""

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if opens or event in CHANGES:
            tell("change")

    def around(function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            tell("change")
            result = function(*arguments, **named)
            tell("change")
            return result

        return call

    def called(frame: FrameType, event: str, _argument: object) -> None:
        # As no tracer of its lines is returned, a function is heard of when it is called and then left alone.
        if event == "call" and frame.f_code.co_filename.startswith(program):
            tell("call")

    flush, program = os.fsync, str(PROGRAM)

    def fsync(handle: int) -> None:
        tell("change")
        flush(handle)

    os.fsync = fsync
    # Arrow opens its files itself, unheard by the interpreter.
    pq.write_table = around(pq.write_table)
    sys.addaudithook(hear)
    sys.settrace(called)


def leftovers(folder: Path) -> list[str]:
    """Return the names of temporary files under `folder`."""
    return sorted(str(path) for path in folder.rglob(".staging*"))
