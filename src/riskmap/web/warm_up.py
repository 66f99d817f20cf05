"""What a fresh server does before anybody asks: packages imported, the newest forecast of each area read.

Without it the first reader waits for all that. Whoever comes meanwhile waits for what is left.
"""

import sys
import threading

from riskmap.errors import RiskmapError
from riskmap.study import Study, default_home, list_studies, load_study


def begin_warm_up() -> None:
    """Begin to read, in a thread that ends with the server."""
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()


def _warm_up() -> None:
    for area in list_studies(default_home()):
        try:
            _read(load_study(area, default_home()))
        except (RiskmapError, OSError) as problem:  # the page that needs it says so to its reader
            sys.stderr.write(f"warm-up of {area}: {problem}\n")


def _read(study: Study) -> None:
    # Here, not above: to import them is half of the work, and the server listens meanwhile.
    from riskmap.surface.publish import list_surfaces
    from riskmap.web.loaded import read_ahead
    from riskmap.web.map_classes import EXPECTED, cell_classes

    published = list_surfaces(study)
    if published:
        surface = read_ahead(study, published[-1].snapshot_id)
        cell_classes(study, surface, "", "", EXPECTED)
