"""The shipped Chinese font for pictures that are drawn without a browser, and the settings they are drawn under."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from matplotlib import font_manager, rc_context

from riskmap.study import REPOSITORY

FAMILY = "Noto Sans SC Riskmap"
FONT_FILE: Path = REPOSITORY / "assets" / "fonts" / "NotoSansSC-subset.otf"


@cache
def register_font() -> str:
    """Tell matplotlib of the shipped font, once, and return its family name."""
    font_manager.fontManager.addfont(FONT_FILE)
    return FAMILY


_DRAWING = threading.RLock()


@contextmanager
def plain_drawing() -> Iterator[None]:
    """Hold the settings under which maps and slides are drawn: the shipped font, and no formulas inside text from data.

    Settings are those of the whole process, and pages draw in threads: one draws at a time.
    """
    settings: dict[str, object] = {
        "font.family": register_font(),
        "text.parse_math": False,
        "axes.unicode_minus": False,
        "pdf.fonttype": 3,
    }
    with _DRAWING, rc_context(settings):  # type: ignore[arg-type]
        yield
