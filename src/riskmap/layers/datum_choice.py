"""A source whose datum nobody declared: found by the boundary and known sites, or refused where cells are small."""

import numpy as np
import pandas as pd
import shapely

from riskmap.errors import SourceError
from riskmap.language import Text
from riskmap.layers.datum_fit import DatumFit, fit_datum
from riskmap.layers.mapping import Draft
from riskmap.layers.place import needs_place
from riskmap.layers.store import read_layer
from riskmap.sources.datum import is_unknown
from riskmap.sources.numbers import parse_degrees
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

FINEST_WITHOUT_DATUM = 7
"""At this resolution a wrong datum moves a fifth of the points into another cell, from 8 on most of them."""


def choose_datum(study: Study, recipe: Recipe, drafts: list[Draft]) -> tuple[Recipe, list[Text]]:
    """Return the recipe with the datum that the places themselves tell, and the evidence, where it says "unknown".

    Raises
    ------
    SourceError
        If nothing tells, and the study's cells are too small to go without.
    """
    if recipe.crs is None or not is_unknown(recipe.crs) or not needs_place(recipe.layer):
        return recipe, []
    fit = _fit(study, drafts)
    if fit.datum:
        return recipe.model_copy(update={"crs": fit.datum}), [fit.evidence]
    if study.resolution > FINEST_WITHOUT_DATUM:
        raise SourceError(
            "unknown_datum",
            "The datum is unknown; at resolution {resolution} a wrong one puts most points into a wrong cell. Declare "
            "`crs` in recipe {name} (WGS84, CGCS2000, GCJ-02, BD-09 or a code). {evidence}",
            resolution=study.resolution,
            name=recipe.name,
            evidence=fit.evidence,
        )
    return recipe, [fit.evidence]


def _fit(study: Study, drafts: list[Draft]) -> DatumFit:
    places = [_places(draft) for draft in drafts]
    sites = read_layer(study, "sites")
    middles = shapely.centroid(np.asarray(sites.geometry.array))
    known = np.column_stack([shapely.get_x(middles), shapely.get_y(middles)])
    x, y = (np.concatenate([place[axis] for place in places]) for axis in (0, 1))
    return fit_datum(x, y, study.boundary(), known)


def _places(draft: Draft) -> tuple[np.ndarray, np.ndarray]:
    """Return the longitudes and latitudes of a file as delivered; of outlines, their middles."""
    if draft.geometry is not None:
        middles = shapely.centroid(np.asarray(draft.geometry.array))
        return shapely.get_x(middles), shapely.get_y(middles)
    nothing = pd.Series("", index=draft.texts.index, dtype="str")
    texts = [draft.texts.get(name, nothing) for name in ("lon", "lat")]
    return tuple(parse_degrees(text).to_numpy("float64") for text in texts)  # type: ignore[return-value]
