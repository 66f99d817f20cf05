"""What the map pages offer to take: cells, layers that are switched on, the inspection list, pictures of the maps."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from riskmap.briefing.map_sheet import MapSheet, Points, map_png
from riskmap.briefing.pack_facts import MOST_CELLS
from riskmap.decisions.inspections import Plan
from riskmap.figures.legend import arm_entries, class_entries, layer_entries
from riskmap.figures.map_layers import POINT_STYLES
from riskmap.figures.scale import draw_resolution
from riskmap.figures.static_map import cells_to_draw
from riskmap.figures.words import PERIOD_WORDS, SITE_GROUPS, format_day, format_period, layer_word
from riskmap.grid.cells import cell_polygons, cells_to_text
from riskmap.layers.store import scope_of
from riskmap.study import Study
from riskmap.surface.export import export_table
from riskmap.surface.publish import Surface
from riskmap.web.exports import Export, offer
from riskmap.web.language import current_view, say, t
from riskmap.web.loaded import load_layer, load_scale, load_table

PICTURED = ("cases", "seizures", *SITE_GROUPS)


def offer_cells(study: Study, surface: Surface) -> None:
    """Offer the cells of the place shown, and the layers that are switched on, as they are stored."""
    place, level = _place(study)
    cells = partial(cells_of_place, study, surface, place, level)
    offer(Export("cells", t("Cells of the forecast"), cells, shapes=True))
    for layer in dict.fromkeys("sites" if name in SITE_GROUPS else name for name in current_view().layers):
        if layer != "not_monitored" and len(load_layer(study, layer)):
            offer(Export(layer, layer_word(layer, current_view().language), _reader(study, layer), shapes=True))


def _reader(study: Study, layer: str) -> Callable[[], gpd.GeoDataFrame]:
    return partial(export_table, study, layer)


def _place(study: Study) -> tuple[str, str]:
    """Return code and level of the place shown; "" where it is the whole that the reader sees."""
    areas = load_layer(study, "areas")
    found = areas.loc[areas["area_code"] == current_view().place, "level"]
    return (current_view().place, str(found.iloc[0])) if len(found) else ("", "")


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


def offer_map(study: Study, surface: Surface, events: Mapping[str, pd.DataFrame]) -> None:
    """Offer the map as a picture, with the points of `events` and sites that are switched on."""
    view, scale = current_view(), load_scale(study, surface)
    place, level = _place(study)
    areas = load_layer(study, "areas").drop_duplicates("area_code")
    resolution = draw_resolution(study.resolution, len(surface.cells), MOST_CELLS)
    layers = [layer for layer in view.layers if layer in PICTURED]
    start, end = (pd.Timestamp(surface.manifest[key]) for key in ("period_start", "period_end"))
    period = format_period(study.period, start, end, view.language)
    shown = areas[areas["level"] == _finest(areas, level)]
    words = t("Expected cases per cell and {period}", period=say(PERIOD_WORDS[study.period]))
    sheet = MapSheet(
        title=f"{study.name(view.language)} · {words}",
        lines=[t("forecast for {period}", period=period), *_origin(study, surface, scale.scale_id)],
        outline=areas.loc[areas["area_code"] == place, "geometry"].iloc[0] if place else _outline(study),
        areas=shown,
        entries=class_entries(scale, resolution) + layer_entries([*layers, "not_monitored"]),
        language=view.language,
        simulated=study.simulated,
        marking=study.marking,
        roads=load_layer(study, "roads") if "roads" in view.layers else None,
        scale=scale,
        points=[_points(events[layer], layer) for layer in layers if layer in events],
    )
    offer(Export("map", t("Map as a picture"), picture=partial(_drawn_cells, sheet, surface, study)))


def _drawn_cells(sheet: MapSheet, surface: Surface, study: Study, about: Mapping[str, str]) -> bytes:
    cells = cells_to_draw(surface.cells, study.resolution, MOST_CELLS)
    return _drawn(replace(sheet, cells=cells), about)


def _drawn(sheet: MapSheet, about: Mapping[str, str]) -> bytes:
    return map_png(replace(sheet, about=about))


def _outline(study: Study) -> BaseGeometry:
    return scope_of(study).region if study.within else study.boundary()


def _finest(areas: gpd.GeoDataFrame, level: str) -> str:
    """Return the level of the areas to draw: counties, or the finest there is above townships."""
    return next((name for name in ("county", "prefecture", "province") if (areas["level"] == name).any()), level)


def _origin(study: Study, surface: Surface, scale_id: str) -> list[str]:
    lines = [
        t("Data cut-off {moment}", moment=format_day(surface.manifest["data_cut_off"], current_view().language)),
        t("Scale {scale}", scale=scale_id),
        t("Snapshot {snapshot}", snapshot=surface.snapshot_id),
    ]
    return [*lines, *([study.map_number] if study.map_number else [])]


def _points(table: pd.DataFrame, layer: str) -> Points:
    style = POINT_STYLES[layer]
    if "lon" in table:
        return Points(table["lon"].to_numpy(float), table["lat"].to_numpy(float), style.fill, style.line)
    points = gpd.GeoSeries(table["geometry"]).representative_point()
    return Points(points.x.to_numpy(), points.y.to_numpy(), style.fill, style.line)


def offer_list(study: Study, plan: Plan) -> None:
    """Offer the inspection list as a table with places, and its map as a picture."""
    view = current_view()
    areas = load_layer(study, "areas").drop_duplicates("area_code")
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
    arms = [(arm, sites[sites["arm"] == arm]) for arm in ("ranked", "random")]
    sheet = MapSheet(
        title=f"{study.name(view.language)} · {name} · {t('Sites to visit')}",
        lines=[t("Data cut-off {moment}", moment=format_day(plan.manifest["data_cut_off"], view.language))],
        outline=_outline(study),
        areas=areas[areas["level"] == _finest(areas, "county")],
        entries=arm_entries(),
        language=view.language,
        simulated=study.simulated,
        marking=study.marking,
        roads=load_layer(study, "roads"),
        points=[
            Points(
                own["lon"].to_numpy(float),
                own["lat"].to_numpy(float),
                POINT_STYLES[arm].fill,
                POINT_STYLES[arm].line,
                own["visit"].astype(str).tolist(),
            )
            for arm, own in arms
        ],
    )
    offer(Export("inspections_map", t("Map as a picture"), picture=partial(_drawn, sheet), about=told))
