"""The shipped Chinese font for pictures that are drawn without a browser."""

from functools import cache
from pathlib import Path

from matplotlib import font_manager

from riskmap.study import REPOSITORY

FAMILY = "Noto Sans SC Riskmap"
FONT_FILE: Path = REPOSITORY / "assets" / "fonts" / "NotoSansSC-subset.otf"


@cache
def register_font() -> str:
    """Tell matplotlib of the shipped font, once, and return its family name."""
    font_manager.fontManager.addfont(FONT_FILE)
    return FAMILY
