"""What a server does beside answering, in a thread of its own.

First it imports packages and reads the newest forecast of each area, for which the first reader would else wait.
Then it collects garbage now and then; Streamlit would do so after every run of every page (runner.postScriptGC), which
takes 0.1 s of each click at the scale of a province.
"""

import gc
import sys
import threading
import time

from riskmap.errors import RiskmapError
from riskmap.study import Study, default_home, list_studies, load_study

COLLECT_S = 10


def begin_upkeep() -> None:
    """Begin, in a thread that ends with the server."""
    threading.Thread(target=_keep_up, name="upkeep", daemon=True).start()


def _keep_up() -> None:
    warm_up()
    gc.collect()
    gc.freeze()  # what is there now stays: no collection need go through it again
    while True:
        time.sleep(COLLECT_S)
        gc.collect()


def warm_up() -> None:
    """Read the newest forecast of each area."""
    for area in list_studies(default_home()):
        try:
            _read(load_study(area, default_home()))
        except (RiskmapError, OSError) as problem:  # the page that needs it says so to its reader
            sys.stderr.write(f"warm-up of {area}: {problem}\n")


def _read(study: Study) -> None:
    # Here, not above: to import them is half of the work, and the server listens meanwhile.
    from riskmap.audit import open_log
    from riskmap.surface.publish import list_surfaces
    from riskmap.web.loaded import read_ahead
    from riskmap.web.map_classes import EXPECTED, cell_classes

    published = list_surfaces(study)
    if published:
        surface = read_ahead(study, published[-1].snapshot_id)
        cell_classes(study, surface, "", "", EXPECTED)
    open_log(study.home)
