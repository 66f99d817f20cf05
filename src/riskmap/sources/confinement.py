"""A piece of work in a process of its own, which may use so much memory and time and no more."""

import errno
import os
import resource
import select
import signal
from collections.abc import Callable
from typing import Literal

Outcome = Literal["done", "crashed", "memory", "timeout", "full"]

OUT_OF_MEMORY = 3
"""Exit status of a child that met its limit and still could say so."""

DISK_FULL = 4
"""Exit status of a child that found no room for what it wrote."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def run_bounded(work: Callable[[], None], memory: int, seconds: float) -> Outcome:
    """Fork, do `work` in the child, and return how it ended.

    Parameters
    ----------
    memory
        Bytes of address space that the child may have.
    seconds
        Wall-clock time after which the child is killed.

    The caller should have one thread only, as a fork takes no other along.
    """
    alive, held_by_child = os.pipe()
    child = os.fork()
    if child == 0:
        _work_and_exit(work, memory)
    os.close(held_by_child)
    # The child's end closes however the child ends, so that no signal handler is needed.
    ended = select.select([alive], [], [], seconds)[0]
    os.close(alive)
    if not ended:
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not ended:
        return "timeout"
    outcomes: dict[int, Outcome] = {0: "done", OUT_OF_MEMORY: "memory", DISK_FULL: "full"}
    return outcomes.get(status, "crashed")


def _work_and_exit(work: Callable[[], None], memory: int) -> None:
    """Never return: what belongs to the parent (open files, exit handlers) is not the child's to close."""
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (memory, memory))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        work()
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY
    except OSError as failed:
        status = DISK_FULL if failed.errno in NO_ROOM else 1
    finally:
        os._exit(status)
