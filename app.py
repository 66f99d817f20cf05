"""The pages: `streamlit run app.py`.

What runs for each reader is src/riskmap/web/entry.py. It does not stand here, because a script beside a folder named
`pages` is run by Streamlit in an older way that passes the script by when an address names a page. What is served
beside the pages gets its routes here, and what every request passes first. Without sign-in they listen on this machine
only, whoever starts them.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from riskmap.web import base_map, map_lines, map_tiles
from riskmap.web.open_door import BackToTheAddress, OnlyFromHere, refuse_unsafe_address, sign_in_routes
from riskmap.web.page_head import PageHead
from riskmap.web.upkeep import begin_upkeep

ENTRY = Path(__file__).resolve().parent / "src" / "riskmap" / "web" / "entry.py"

refuse_unsafe_address()
begin_upkeep()
app = st.App(
    ENTRY,
    routes=[*map_tiles.routes(), *map_lines.routes(), *base_map.routes(), *sign_in_routes()],
    middleware=[Middleware(OnlyFromHere), Middleware(BackToTheAddress), Middleware(PageHead)],
)
