"""The pages: `streamlit run app.py`.

What runs for each reader is src/riskmap/web/entry.py. It does not stand here, because a script beside a folder named
`pages` is run by Streamlit in an older way that passes the script by when an address names a page. What is served
beside the pages by signed addresses gets its routes here.
"""

from pathlib import Path

import streamlit as st

from riskmap.web import base_map, map_lines, map_tiles

ENTRY = Path(__file__).resolve().parent / "src" / "riskmap" / "web" / "entry.py"
app = st.App(ENTRY, routes=[*map_tiles.routes(), *map_lines.routes(), *base_map.routes()])
