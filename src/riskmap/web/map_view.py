"""The risk map on the page: the deck, the legend over it, and what a click on it means."""

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import streamlit as st

from riskmap.figures.change_map import step_entries
from riskmap.figures.legend import Key, class_entries, layer_entries
from riskmap.figures.scale import cell_size, format_count
from riskmap.figures.scene import Scene, compose, view_of
from riskmap.figures.words import PERIOD_WORDS, SITE_GROUPS, format_day, format_period
from riskmap.layers.store import has_rows
from riskmap.study import Study
from riskmap.surface.publish import Surface
from riskmap.web.area_tree import load_area_tree
from riskmap.web.base_map import base_notes, base_style
from riskmap.web.blind_spots import blind_spot_notes, blind_spots_on_map
from riskmap.web.clicks import lets_go, note_choice
from riskmap.web.compare import reference
from riskmap.web.language import change_view, current_view, say, t
from riskmap.web.legend import legend_html
from riskmap.web.loaded import load_layer, load_scale
from riskmap.web.map_classes import CHANGE, EXPECTED, load_cell_areas, load_levels, load_tiles, palette_of
from riskmap.web.map_exports import map_number_notes, offer_cells, offer_map
from riskmap.web.map_lines import line_source
from riskmap.web.map_picture import Drawing, draw_picture
from riskmap.web.map_tiles import clicked_cell, tile_source
from riskmap.web.window import map_size, needs_pictures

MAP_KEY, SECOND_KEY = "risk-map", "risk-map-second"
PERIODS_OF_EVENTS = 4
"""Cases and seizures are drawn for this many periods before the data cut-off: older ones hide the newer."""


def available_layers(study: Study) -> list[str]:
    """Return the layers that hold anything, in the order of the switches."""
    present = set(load_layer(study, "sites")["kind"].unique())
    groups = [name for name, kinds in SITE_GROUPS.items() if not present.isdisjoint(kinds)]
    plain = [name for name in ("cases", "seizures", "plants", "roads") if has_rows(study, name)]
    compared = ["blind_spots"] if has_rows(study, "effort") or has_rows(study, "samples") else []
    return [*groups, *plain, "not_monitored", *compared]


def recent_events(study: Study, layer: str, surface: Surface) -> pd.DataFrame:
    """Return the events of the last periods that were known when the surface was made."""
    events = load_layer(study, layer)
    as_of = pd.Timestamp(surface.manifest["as_of"])
    length = pd.Timestamp(surface.manifest["period_end"]) - pd.Timestamp(surface.manifest["period_start"])
    recent = (events["known_on"] <= as_of) & (events["occurred_to"] > as_of - PERIODS_OF_EVENTS * length)
    return events[recent]


def build_scene(study: Study, surface: Surface, shows: str = EXPECTED, size: tuple[int, int] | None = None) -> Scene:
    """Return what the session's view shows of a surface; `shows` is as in map_classes.py."""
    view = current_view()
    areas = load_layer(study, "areas").drop_duplicates("area_code", ignore_index=True)
    level = load_area_tree(study).level(view.place)
    place = view.place if level else ""
    return Scene(
        tiles=tile_source(study, surface, place, level, shows, view.language),
        lines=line_source(study, place, after_cells=True),
        boundary=study.boundary(),
        areas=areas,
        place=place,
        layers=view.layers,
        tables=shown_tables(study, surface),
        cell=view.cell,
        language=view.language,
        size=size or map_size(),
        palette=palette_of(shows),
        base=base_style(),
    )


def shown_tables(study: Study, surface: Surface) -> dict[str, gpd.GeoDataFrame]:
    """Return the rows of each layer that is switched on and has rows of its own."""
    return {layer: _table(study, surface, layer) for layer in current_view().layers if layer != "not_monitored"}


def _table(study: Study, surface: Surface, layer: str) -> gpd.GeoDataFrame:
    if layer in SITE_GROUPS:
        sites = load_layer(study, "sites")
        return sites[sites["kind"].isin(SITE_GROUPS[layer])]
    if layer == "blind_spots":
        return blind_spots_on_map(study, surface)
    return recent_events(study, layer, surface) if layer in ("cases", "seizures") else load_layer(study, layer)


def show_map(study: Study, surface: Surface) -> None:
    """Show the map that the view asks for, with its legend; a click on a cell changes the view's cell."""
    mode = current_view().mode
    size = map_size(0.5) if mode == "beside" else map_size()
    held = reference(study, surface) if mode else None
    offer_cells(study, surface)
    if held is None:
        _stage(study, surface, EXPECTED, expected_words(study), size)
    elif mode == "change":
        _stage(study, surface, held.change, t("Change against {reference}", reference=held.words), size)
    else:
        left, right = st.columns(2, gap="small")
        with left:
            _stage(study, surface, EXPECTED, _shown_period(study, surface), size)
        with right:
            _stage(study, surface, held.beside, held.words, size, second=True)


def _shown_period(study: Study, surface: Surface) -> str:
    start, end = (pd.Timestamp(surface.manifest[key]) for key in ("period_start", "period_end"))
    return format_period(study.period, start, end, current_view().language)


def _stage(
    study: Study, surface: Surface, shows: str, title: str, size: tuple[int, int], *, second: bool = False
) -> None:
    """Show one map; a `second` one stands beside another."""
    scene = build_scene(study, surface, shows, size)
    name, key = ("second", SECOND_KEY) if second else ("map", MAP_KEY)
    offer_map(
        f"{name}_picture",
        t("Second map as a picture") if second else t("Map as a picture"),
        Drawing(study, surface, scene, shows, _keys_to_take(study, surface, shows, title)),
    )
    if current_view().picture or needs_pictures():
        st.image(draw_picture(study, surface, scene, shows, lambda at: map_key(study, surface, shows, title, [at])))
        return
    with st.container(key=f"{name}-stage"):
        st.pydeck_chart(
            compose(scene),
            key=key,
            height="stretch",
            on_select=lambda: take_click(study, surface, key),
            selection_mode="single-object",
            alt=title,
        )
        with st.container(key=f"{name}-legend"):
            sizes = shown_resolutions(study, surface, scene)
            if current_view().mode == "beside":
                sizes = sizes[:1]  # half a window has no room for the sizes that zooming in would show
            said = map_key(study, surface, shows, title, sizes)
            st.html(legend_html(said, current_view().language))


def _keys_to_take(study: Study, surface: Surface, shows: str, title: str) -> dict[int, Key]:
    """Return the legends of a map that leaves the pages, which says what the page's head says, by resolution."""
    whose = (
        f"{study.name(current_view().language)} · {t('forecast for {period}', period=_shown_period(study, surface))}"
    )
    notes = [t("Snapshot {snapshot}", snapshot=surface.snapshot_id), *map_number_notes(study)]
    keys = {at: map_key(study, surface, shows, title, [at]) for at in load_levels(study, surface)}
    return {at: replace(key, titles=[whose, *key.titles], notes=[*key.notes, *notes]) for at, key in keys.items()}


def take_click(study: Study, surface: Surface, key: str = MAP_KEY) -> None:
    """Take the clicked cell over into the view; a second click on it lets go."""
    chosen = st.session_state[key]["selection"]["objects"]
    rows = [rows[0] for layer, rows in chosen.items() if layer.startswith("cells-") and rows]
    cell = clicked_cell(study, surface, rows[0]) if rows else ""
    if cell:
        note_choice()
        change_view(cell=cell)
    elif not chosen and lets_go():
        change_view(cell="")


def shown_resolutions(study: Study, surface: Surface, scene: Scene) -> list[int]:
    """Return the resolutions of the cells that the map shows, from where it begins to its closest view."""
    begins = round(view_of(scene).zoom)
    resolutions = load_tiles(study, surface).resolutions
    lowest, highest = min(resolutions), max(resolutions)
    shown = {resolutions[zoom] for zoom in range(min(max(begins, lowest), highest), highest + 1)}
    return sorted(shown)


def expected_words(study: Study) -> str:
    """Return what the colours of a forecast's map are."""
    return t("Expected cases per cell and {period}", period=say(PERIOD_WORDS[study.period]))


def map_key(study: Study, surface: Surface, shows: str, title: str, resolutions: Sequence[int]) -> Key:
    """Return the legend of a map that shows cells of `resolutions`."""
    view = current_view()
    scale = load_scale(study, surface)
    areas_km2 = load_cell_areas(study, surface)
    if len(resolutions) == 1:
        notes, columns = [say(cell_size(resolutions[0], areas_km2[resolutions[0]]))], []
    else:
        notes = [t("Larger cells hold the sums of the smaller ones; zooming in parts them.")]
        columns = [f"{format_count(areas_km2[at])} km²" for at in resolutions]
    if {"cases", "seizures"} & set(view.layers):
        notes.append(t("Cases and seizures: last {n} periods", n=PERIODS_OF_EVENTS))
    if "blind_spots" in view.layers:
        notes += blind_spot_notes(study, surface)
    cut_off = format_day(surface.manifest["data_cut_off"], view.language)
    notes += [t("Scale {scale}", scale=scale.scale_id), t("Data cut-off {moment}", moment=cut_off)]
    notes += base_notes()
    titles = [title] if shows.startswith(CHANGE) or not view.mode else [title, expected_words(study)]
    if shows.startswith(CHANGE):
        entries, columns = step_entries(missing=True), []
    else:
        entries = class_entries(scale, *resolutions)
    layers = layer_entries([layer for layer in view.layers if layer != "roads"])
    return Key(titles, [*entries, *layers], notes, columns, simulated=study.simulated)
