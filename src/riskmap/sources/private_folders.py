"""Temporary folders for what people sent: gone when they are done with, and after a killed process at the next start.

Whoever uses one holds a lock on it, which ends with the process however that ends: an unlocked one is nobody's.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
import weakref
from pathlib import Path

PURPOSES = ("upload", "correct", "preview")
OLD_S = 60.0
"""A process locks its folder, and fills it, within moments of making it; an empty one may just have been made."""


class PrivateFolder(tempfile.TemporaryDirectory[str]):
    """A temporary folder that only this account may open; those of dead processes go when it is made.

    Parameters
    ----------
    purpose
        One of `PURPOSES`; part of its name.
    """

    def __init__(self, purpose: str) -> None:
        remove_abandoned()
        super().__init__(prefix=_prefix(purpose))
        held = os.open(self.name, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(held, fcntl.LOCK_EX)
        self._let_go = weakref.finalize(self, os.close, held)

    def cleanup(self) -> None:
        """Remove the folder."""
        super().cleanup()
        self._let_go()


def remove_abandoned() -> None:
    """Remove the private folders of this account that no process holds."""
    folder = Path(tempfile.gettempdir())
    for path in [path for purpose in PURPOSES for path in folder.glob(f"{_prefix(purpose)}*")]:
        with contextlib.suppress(OSError):  # another account's, or held, or gone by now
            _remove_unless_held(path)


def _prefix(purpose: str) -> str:
    return f"riskmap-{purpose}-"


def _remove_unless_held(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        about = os.fstat(handle)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_fresh = not any(path.iterdir()) and time.time() - about.st_mtime < OLD_S
        if about.st_uid == os.geteuid() and not is_fresh:
            shutil.rmtree(path)
    finally:
        os.close(handle)
