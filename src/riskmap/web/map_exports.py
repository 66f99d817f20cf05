"""What the map pages offer to take: cells, layers that are switched on, the inspection list, pictures of the maps."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from riskmap.decisions.inspections import Plan
from riskmap.figures.legend import Key, arm_entries
from riskmap.figures.map_layers import CHOSEN_SITE, NO_TILES, POINT_STYLES, PointStyle
from riskmap.figures.scene import Scene
from riskmap.figures.still_map import Extras, Numbered, still_map
from riskmap.figures.words import SITE_GROUPS, format_day, layer_word
from riskmap.grid.cells import cell_polygons, cells_to_text
from riskmap.layers.store import scope_of
from riskmap.study import Study
from riskmap.surface.export import export_table
from riskmap.surface.publish import Surface
from riskmap.web.area_tree import load_area_tree
from riskmap.web.blind_spots import blind_spots_on_map
from riskmap.web.exports import Export, offer
from riskmap.web.language import current_view, t
from riskmap.web.loaded import load_layer, load_table
from riskmap.web.map_picture import EXPORT_LEGEND_PX, EXPORT_SIZE, Drawing


def offer_cells(study: Study, surface: Surface) -> None:
    """Offer the cells of the place shown, and the layers that are switched on, as they are stored."""
    place, level = _place(study)
    cells = partial(cells_of_place, study, surface, place, level)
    offer(Export("cells", t("Cells of the forecast"), cells, shapes=True))
    for layer in dict.fromkeys("sites" if name in SITE_GROUPS else name for name in current_view().layers):
        if layer == "blind_spots":
            told = partial(blind_spots_on_map, study, surface)
            offer(Export(layer, layer_word(layer, current_view().language), told, shapes=True))
        elif layer != "not_monitored" and len(load_layer(study, layer)):
            offer(Export(layer, layer_word(layer, current_view().language), _reader(study, layer), shapes=True))


def _reader(study: Study, layer: str) -> Callable[[], gpd.GeoDataFrame]:
    return partial(export_table, study, layer)


def _place(study: Study) -> tuple[str, str]:
    """Return code and level of the place shown; "" where it is the whole that the reader sees."""
    level = load_area_tree(study).level(current_view().place)
    return (current_view().place, level) if level else ("", "")


def cells_of_place(study: Study, surface: Surface, place: str, level: str) -> gpd.GeoDataFrame:
    """Return the cells of a surface in a place with their outlines and the codes of their areas, best rank first."""
    located = load_table(surface, "cell_areas")
    cells = surface.cells.merge(located, on="cell", how="left")
    if place:
        cells = cells[cells[level] == place]
    cells = cells.sort_values("rank", ignore_index=True)
    number = cells["cell"].to_numpy()
    named = cells.assign(cell=cells_to_text(number))
    return gpd.GeoDataFrame(named, geometry=cell_polygons(number), crs="EPSG:4326")


def offer_map(name: str, title: str, drawing: Drawing) -> None:
    """Offer a map as it is shown, as a picture."""
    offer(Export(name, title, picture=drawing.to_take))


def outline_seen(study: Study) -> BaseGeometry:
    """Return the outline of what the reader sees: of the study, or of their areas."""
    return scope_of(study).region if study.within else study.boundary()


def offer_list(study: Study, plan: Plan) -> None:
    """Offer the inspection list as a table with places, and its map as a picture."""
    told = {
        "data_cut_off": str(plan.manifest.get("data_cut_off", "")),
        "snapshot_id": str(plan.manifest.get("snapshot_id", "")),
        "scale_id": "",
        "period_start": str(plan.manifest.get("period_start", "")),
        "period_end": str(plan.manifest.get("period_end", "")),
    }
    sites = plan.sites.assign(cell=cells_to_text(plan.sites["cell"].to_numpy()))
    shapes = gpd.GeoDataFrame(sites, geometry=gpd.points_from_xy(sites["lon"], sites["lat"]), crs="EPSG:4326")
    name = t("List {number}", number=plan.number)
    offer(Export("inspections", name, lambda: shapes, shapes=True, about=told))
    drawn = list_map(study, plan, EXPORT_SIZE, EXPORT_LEGEND_PX)
    offer(Export("inspections_map", t("Map as a picture"), picture=drawn, about=told))


def list_map(
    study: Study, plan: Plan, size: tuple[int, int], legend_px: int, chosen: int | None = None
) -> Callable[[Mapping[str, str]], bytes]:
    """Return what draws the map of a list as a PNG of `size`, which says of itself what it is given.

    `chosen` is the position of the site that is marked.
    """
    view = current_view()
    areas = load_layer(study, "areas").drop_duplicates("area_code")
    scene = Scene(
        NO_TILES, "", outline_seen(study), areas, layers=("roads",), tables={"roads": load_layer(study, "roads")}
    )
    scene = replace(scene, language=view.language, size=size, legend_px=legend_px)
    name = t("List {number}", number=plan.number)
    cut_off = t("Data cut-off {moment}", moment=format_day(plan.manifest["data_cut_off"], view.language))
    titles = [study.name(view.language), f"{name} · {t('Sites to visit')}"]
    key = Key(titles, arm_entries(), [cut_off, *map_number_notes(study)], simulated=study.simulated)
    points = [_numbered(plan.sites[plan.sites["arm"] == arm], POINT_STYLES[arm]) for arm in ("ranked", "random")]
    if chosen is not None:
        points.append(_numbered(plan.sites.iloc[[chosen]], CHOSEN_SITE))

    def drawn(about: Mapping[str, str]) -> bytes:
        return still_map(scene, None, key, Extras(points, study.marking, about, "counties"))

    return drawn


def _numbered(sites: pd.DataFrame, style: PointStyle) -> Numbered:
    lon, lat = (sites[axis].to_numpy(float) for axis in ("lon", "lat"))
    return Numbered(lon, lat, style, sites["visit"].astype(str).tolist())


def map_number_notes(study: Study) -> list[str]:
    """Return the approval number of the study's maps (审图号), where it has one."""
    return [study.map_number] if study.map_number else []
