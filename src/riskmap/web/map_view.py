"""The risk map on the page: the deck, the legend over it, and what a click on it means."""

from html import escape

import geopandas as gpd
import pandas as pd
import streamlit as st

from riskmap.figures.legend import class_entries, layer_entries
from riskmap.figures.plain import plain_text
from riskmap.figures.scale import cell_size, format_count, typical_area_km2
from riskmap.figures.scene import Scene, compose, view_of
from riskmap.figures.words import PERIOD_WORDS, SITE_GROUPS, best_names, format_day
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.language import change_view, current_view, say, t
from riskmap.web.legend import legend_html
from riskmap.web.loaded import load_layer, load_scale
from riskmap.web.map_tiles import clicked_cell, load_levels, load_tiles, tile_source
from riskmap.web.window import map_size

MAP_KEY = "risk-map"
PERIODS_OF_EVENTS = 4
"""Cases and seizures are drawn for this many periods before the data cut-off: older ones hide the newer."""


def available_layers(study: Study) -> list[str]:
    """Return the layers that hold anything, in the order of the switches."""
    sites = load_layer(study, "sites")
    groups = [name for name, kinds in SITE_GROUPS.items() if sites["kind"].isin(kinds).any()]
    plain = [name for name in ("cases", "seizures", "plants", "roads") if len(load_layer(study, name))]
    return [*groups, *plain, "not_monitored"]


def recent_events(study: Study, layer: str, surface: Surface) -> pd.DataFrame:
    """Return the events of the last periods that were known when the surface was made."""
    events = load_layer(study, layer)
    as_of = pd.Timestamp(surface.manifest["as_of"])
    length = pd.Timestamp(surface.manifest["period_end"]) - pd.Timestamp(surface.manifest["period_start"])
    recent = (events["known_on"] <= as_of) & (events["occurred_to"] > as_of - PERIODS_OF_EVENTS * length)
    return events[recent]


def build_scene(study: Study, surface: Surface, size: tuple[int, int]) -> Scene:
    """Return what the session's view shows of a surface on a map so many pixels wide and high."""
    view = current_view()
    areas = load_layer(study, "areas").drop_duplicates("area_code", ignore_index=True)
    found = areas.loc[areas["area_code"] == view.place, "level"]
    level = found.iloc[0] if len(found) else ""
    place = view.place if level else ""
    return Scene(
        tiles=tile_source(study, surface, place, level),
        boundary=study.boundary(),
        areas=areas,
        place=place,
        layers=view.layers,
        tables={layer: _table(study, surface, layer) for layer in view.layers if layer != "not_monitored"},
        cell=view.cell,
        language=view.language,
        size=size,
    )


def _table(study: Study, surface: Surface, layer: str) -> gpd.GeoDataFrame:
    if layer in SITE_GROUPS:
        sites = load_layer(study, "sites")
        return sites[sites["kind"].isin(SITE_GROUPS[layer])]
    return recent_events(study, layer, surface) if layer in ("cases", "seizures") else load_layer(study, layer)


def show_map(study: Study, surface: Surface) -> None:
    """Show the map with its legend; a click on a cell changes the view's cell."""
    scene = build_scene(study, surface, map_size())
    with st.container(key="map-stage"):
        st.pydeck_chart(
            compose(scene),
            key=MAP_KEY,
            height="stretch",
            on_select=lambda: take_click(study, surface),
            selection_mode="single-object",
            alt=t("Map of expected cases"),
        )
        with st.container(key="map-legend"):
            legend = map_legend(study, surface, scene, shown_resolutions(study, surface, scene))
            st.html(legend + letters_of_labels(scene.areas, scene.language))


def letters_of_labels(areas: gpd.GeoDataFrame, language: str) -> str:
    """Return all letters of the map's labels, unseen: a canvas draws them once, with the fonts fetched by then."""
    names = best_names(areas, "area_code", language)
    letters = "".join(sorted(set("".join(names.map(plain_text)))))
    return f'<span class="rm-fetch-fonts" aria-hidden="true">{escape(letters)}</span>'


def take_click(study: Study, surface: Surface) -> None:
    """Take the clicked cell over into the view; a second click on it lets go."""
    chosen = st.session_state[MAP_KEY]["selection"]["objects"]
    rows = [rows[0] for layer, rows in chosen.items() if layer.startswith("cells-") and rows]
    cell = clicked_cell(study, surface, rows[0]) if rows else ""
    if cell or not chosen:
        change_view(cell=cell)


def shown_resolutions(study: Study, surface: Surface, scene: Scene) -> list[int]:
    """Return the resolutions of the cells that the map shows, from where it begins to its closest view."""
    begins = round(view_of(scene).zoom)
    resolutions = load_tiles(study, surface).resolutions
    lowest, highest = min(resolutions), max(resolutions)
    shown = {resolutions[zoom] for zoom in range(min(max(begins, lowest), highest), highest + 1)}
    return sorted(shown)


def map_legend(study: Study, surface: Surface, scene: Scene, shown: list[int]) -> str:
    """Return the legend of a map as HTML; `shown` are the resolutions of the cells that it tells of."""
    view = current_view()
    scale = load_scale(study, surface)
    period = say(PERIOD_WORDS[study.period])
    cells = {at: load_levels(study, surface)[at]["cell"].to_numpy() for at in shown}
    if len(shown) == 1:
        notes, columns = [say(cell_size(shown[0], cells[shown[0]]))], []
    else:
        notes = [t("Larger cells hold the sums of the smaller ones; zooming in parts them.")]
        columns = [f"{format_count(typical_area_km2(cells[at]))} km²" for at in shown]
    if {"cases", "seizures"} & set(view.layers):
        notes.append(t("Cases and seizures: last {n} periods", n=PERIODS_OF_EVENTS))
    cut_off = format_day(surface.manifest["data_cut_off"], view.language)
    notes += [t("Scale {scale}", scale=scale.scale_id), t("Data cut-off {moment}", moment=cut_off)]
    return legend_html(
        t("Expected cases per cell and {period}", period=period),
        class_entries(scale, *shown) + layer_entries([layer for layer in view.layers if layer != "roads"]),
        notes,
        view.language,
        simulated=study.simulated,
        columns=columns,
    )
