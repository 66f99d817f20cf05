"""What the reader's window can show: its size, so that the first view of a map fits it, and whether it draws maps."""

import streamlit as st

ASSUMED = (1366, 768)
ASK = """
export default function(component) {
  const draws = document.createElement("canvas").getContext("webgl2") ? "" : "xpictures";
  const size = window.innerWidth + "x" + window.innerHeight + draws;
  // Any answer has the page drawn again, which this one would do for nothing.
  if (size !== "ASSUMED") component.setStateValue("size", size);
}
""".replace("ASSUMED", "x".join(map(str, ASSUMED)))
SIZE_KEY, PICTURES_KEY = "window-size", "window-needs-pictures"
# Heights and widths that the page's other parts take on the map page (style.css).
MAP_SHARE, CHROME_PX, GAP_PX = 0.7, 276, 50


def parse_size(text: str | None) -> tuple[int, int]:
    """Return width and height from "1920x1080"; the smallest supported window where that is not known."""
    parts = (text or "").removesuffix("xpictures").split("x")
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        return ASSUMED
    width, height = (min(max(int(part), least), 8000) for part, least in zip(parts, (640, 480), strict=True))
    return width, height


def window_size() -> tuple[int, int]:
    """Return the window's width and height in pixels; the page is drawn again once when the answer has come."""
    if SIZE_KEY not in st.session_state:
        ask = st.components.v2.component("window_size", js=ASK)
        answer = ask(key="ask-window-size", on_size_change=lambda: None)
        if not answer.get("size"):
            return ASSUMED
        st.session_state[SIZE_KEY] = parse_size(answer["size"])
        st.session_state[PICTURES_KEY] = answer["size"].endswith("xpictures")
    size: tuple[int, int] = st.session_state[SIZE_KEY]
    return size


def needs_pictures() -> bool:
    """Return whether the browser lacks WebGL 2, without which it draws no maps of its own."""
    return bool(st.session_state.get(PICTURES_KEY, False))


def map_size(share: float = MAP_SHARE) -> tuple[int, int]:
    """Return about how many pixels wide and high a map is that takes `share` of the page's width."""
    width, height = window_size()
    return int((width - GAP_PX) * share), max(height - CHROME_PX, 420)
