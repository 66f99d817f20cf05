"""What the reader's window can show: its size, so that the first view of a map fits it, and whether it draws maps.

The head of each page says it in a cookie before the page's scripts run. So it is known when a page is drawn for the
first time; a component would have to be asked, and the page drawn again with another view when it has answered.
"""

import re

import streamlit as st

ASSUMED = (1366, 768)
COOKIE = "riskmap-window"
SAY = f"""
(() => {{
  const draws = document.createElement("canvas").getContext("webgl2") ? "" : "xpictures";
  document.cookie = `{COOKIE}=${{innerWidth}}x${{innerHeight}}${{draws}}; path=/; SameSite=Lax`;
}})();
"""
SAID = re.compile(r"([0-9]{1,6})x([0-9]{1,6})(xpictures)?")
LEAST, MOST = (640, 480), 8000
SIZE_KEY, PICTURES_KEY = "window-size", "window-needs-pictures"
# Heights and widths that the page's other parts take on the map page (style.css).
MAP_SHARE, CHROME_PX, GAP_PX = 0.7, 276, 50


def read_window(said: str) -> tuple[tuple[int, int], bool]:
    """Return width and height from "1920x1080", and whether pictures are needed, as after "1366x768xpictures".

    The smallest supported window, that draws maps, where it says anything else.
    """
    found = SAID.fullmatch(said)
    if found is None:
        return ASSUMED, False
    width, height = (min(max(int(part), least), MOST) for part, least in zip(found.groups()[:2], LEAST, strict=True))
    return (width, height), found[3] is not None


def window_size() -> tuple[int, int]:
    """Return the window's width and height in pixels as the page was opened.

    A session keeps them: other windows of the same browser say theirs in the same cookie.
    """
    if SIZE_KEY not in st.session_state:
        said = str(st.context.cookies.get(COOKIE))
        st.session_state[SIZE_KEY], st.session_state[PICTURES_KEY] = read_window(said)
    size: tuple[int, int] = st.session_state[SIZE_KEY]
    return size


def needs_pictures() -> bool:
    """Return whether the browser lacks WebGL 2, without which it draws no maps of its own."""
    window_size()
    return bool(st.session_state[PICTURES_KEY])


def map_size(share: float = MAP_SHARE) -> tuple[int, int]:
    """Return about how many pixels wide and high a map is that takes `share` of the page's width."""
    width, height = window_size()
    return int((width - GAP_PX) * share), max(height - CHROME_PX, 420)
