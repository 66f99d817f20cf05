"""By which datum the places of each file were read, who said so, and what that leaves open."""

from riskmap.errors import SourceError
from riskmap.language import Text
from riskmap.layers.mapping import Draft
from riskmap.layers.place import needs_place, source_crs
from riskmap.layers.receipt import note
from riskmap.sources.datum import has_no_shift, is_like_wgs84, is_unknown, known_crs
from riskmap.sources.gauss_krueger import is_zoned
from riskmap.sources.recipe import Recipe
from riskmap.study import Study

RECIPE, FILE, FIT = "recipe", "file", "fit"
"""Who told a file's datum: the recipe, the file itself, or the places in it."""
OFFSETS = ("GCJ-02", "BD-09")
FINEST_WITHOUT_SHIFT = 8
"""At this resolution 120 m move one point in seven into another cell, at the next more than a third of them."""


def told_by(recipe: Recipe, file_crs: str | None, *, has_geometry: bool) -> str:
    """Return who told the datum by which `place.source_crs` reads a file."""
    by_recipe = recipe.crs is not None and (is_unknown(recipe.crs) or recipe.crs.upper() in OFFSETS)
    return FILE if has_geometry and file_crs is not None and not by_recipe else RECIPE


def datum_notes(study: Study, recipe: Recipe, drafts: list[Draft]) -> list[Text]:
    """Return what is to be said of the datums of a delivery.

    Raises
    ------
    SourceError
        If nobody knows how a datum is moved to WGS84, and the study's cells are too small to go without.
    """
    if not needs_place(recipe.layer):
        return []
    notes = []
    for crs in sorted({_datum_of(draft, recipe, study) for draft in drafts} - {""}):
        if is_unknown(crs):
            notes.append(note("The datum of the coordinates is unknown; they were taken as WGS84."))
        elif _is_cgcs2000(crs):
            notes.append(note("CGCS2000 degrees were taken as WGS84; they differ by less than a metre."))
        elif _lacks_shift(crs, study):
            notes.append(_without_shift(crs, study, recipe))
    return notes


def _datum_of(draft: Draft, recipe: Recipe, study: Study) -> str:
    """Return by which datum the places of a file are read; "" where it holds none."""
    has_geometry = draft.geometry is not None
    if not has_geometry and not {"lon", "x", "wkt"} & set(draft.sources):
        return ""
    return source_crs(recipe, draft.crs, draft.file, study, has_geometry=has_geometry)


def _is_cgcs2000(crs: str) -> bool:
    if is_zoned(crs) or crs.upper() in OFFSETS:
        return False
    known = known_crs("EPSG:4490" if crs.upper() == "CGCS2000" else crs)
    return is_like_wgs84(known) and known.datum is not None and "China 2000" in known.datum.name


def _lacks_shift(crs: str, study: Study) -> bool:
    middle = study.boundary().envelope.centroid
    return has_no_shift(crs, middle.x, middle.y)


def _without_shift(crs: str, study: Study, recipe: Recipe) -> Text:
    name = crs if is_zoned(crs) else str(known_crs(crs).name)
    if study.resolution > FINEST_WITHOUT_SHIFT:
        raise SourceError(
            "unknown_shift",
            "How {crs} is moved to WGS84 is not published for this area, and without it places are off by 50 to 150 m, "
            "too much at resolution {resolution}. Convert them with the parameters of the surveying office, and "
            "declare the result as `crs` in recipe {name}.",
            crs=name,
            resolution=study.resolution,
            name=recipe.name,
        )
    return note(
        "How {crs} is moved to WGS84 is not published for this area; its degrees were taken as they are, so places may "
        "be off by 50 to 150 m.",
        crs=name,
    )
