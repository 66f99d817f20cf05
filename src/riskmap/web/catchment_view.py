"""The map of the wastewater page, its legend, what a click on it means, and what of it can be taken away."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import geopandas as gpd
import pandas as pd
import pydeck
import streamlit as st

from riskmap.briefing.wastewater_facts import SAMPLES
from riskmap.figures.catchment_key import catchment_entries
from riskmap.figures.catchment_map import Frame, compose_catchments
from riskmap.figures.legend import Key
from riskmap.figures.plain import plain_text
from riskmap.figures.still_catchments import Catchments
from riskmap.figures.still_map import Extras, still_map
from riskmap.figures.words import analyte_words, format_day
from riskmap.layers.folders import layer_fingerprint
from riskmap.study import Study
from riskmap.web.clicks import lets_go, note_choice
from riskmap.web.exports import Export, offer
from riskmap.web.language import change_view, current_view, t
from riskmap.web.legend import legend_html
from riskmap.web.loaded import load_layer
from riskmap.web.map_exports import map_number_notes, outline_seen
from riskmap.web.map_lines import line_source
from riskmap.web.map_picture import EXPORT_LEGEND_PX, EXPORT_SIZE, picture_of
from riskmap.web.places import Row, Shown, load_words, trend_words
from riskmap.web.window import needs_pictures

MAP_KEY, CLICKED_KEY = "catchment-map", "clicked-place"
MAP_SHARE, CHROME_PX = 0.56, 222
TAKEN = [
    "code",
    "level",
    "state",
    "load",
    "latest",
    "latest_limit",
    "sampled_on",
    "old",
    "ratio",
    "low",
    "high",
    "finding",
]
"""What a file of places says of each: `briefing.plant_facts.plant_table`."""


def show_catchments(study: Study, shown: Shown, window: tuple[int, int]) -> None:
    """Show the map with its legend, in a window so wide and high; a click on a place chooses it."""
    size = (int(window[0] * MAP_SHARE), max(window[1] - CHROME_PX, 420))
    frame = Frame(outline_seen(study), study_areas(study), line_source(study), current_view().language, size)
    offer_catchments(study, shown, frame)
    if needs_pictures():
        show_catchment_picture(study, shown, frame)
        return
    with st.container(key="map-stage"):
        st.pydeck_chart(
            draw_catchments(shown, frame),
            key=MAP_KEY,
            height="stretch",
            on_select=lambda: take_click(shown.places),
            selection_mode="single-object",
            alt=t("Map of wastewater loads"),
        )
        with st.container(key="map-legend"):
            st.html(catchment_legend(study, shown))


def offer_catchments(study: Study, shown: Shown, frame: Frame) -> None:
    """Offer the places with what is known of one substance there, and the map as a picture."""
    about = {
        "data_cut_off": f"{shown.sampling.moment:%Y-%m-%d}",
        "scale_id": "" if shown.scale is None else shown.scale.scale_id,
    }
    places = shown.places[[*TAKEN, "geometry"]].assign(analyte=shown.analyte)
    offer(Export("sampling_places", t("Sampling places"), lambda: places, shapes=True, about=about))
    wide = replace(frame, size=EXPORT_SIZE, legend_px=EXPORT_LEGEND_PX)
    drawn = catchment_picture(study, shown, wide)
    offer(Export("catchments", t("Map as a picture"), picture=drawn, about=about))


def catchment_picture(study: Study, shown: Shown, frame: Frame) -> Callable[[Mapping[str, str]], bytes]:
    """Return what draws the map as a PNG, which says of itself what it is given."""
    catchments = Catchments(shown.places, shown.others, shown.chosen, frame)
    key = catchment_key(study, shown)
    key = replace(key, titles=[study.name(frame.language), *key.titles], notes=[*key.notes, *map_number_notes(study)])
    return partial(_picture, catchments, key, study.marking)


def show_catchment_picture(study: Study, shown: Shown, frame: Frame) -> None:
    """Show the map as a picture."""
    layers = (layer_fingerprint(study, layer) for layer in ("plants", "samples", "areas"))
    looked_at = (shown.sampling.moment, shown.analyte, shown.level, shown.chosen)
    state = (*layers, *looked_at, frame.place, frame.size, frame.legend_px, frame.language)
    st.image(picture_of(study, state, catchment_picture(study, shown, frame)))


def _picture(catchments: Catchments, key: Key, marking: str, about: Mapping[str, str]) -> bytes:
    return still_map(catchments.scene, None, key, Extras(marking=marking, about=about, draw=catchments.draw))


def study_areas(study: Study) -> gpd.GeoDataFrame:
    """Return the administrative areas, each once."""
    areas: gpd.GeoDataFrame = load_layer(study, "areas").drop_duplicates("area_code", ignore_index=True)
    return areas


def draw_catchments(shown: Shown, frame: Frame) -> pydeck.Deck:
    """Return the map of what is shown."""
    drawn = shown.places.assign(text=[_pointer_text(row) for row in shown.places.to_dict("records")])
    return compose_catchments(drawn, shown.others, shown.chosen, frame)


def take_click(places: pd.DataFrame) -> None:
    """Take the clicked place over into the view.

    A second click lets go, which the map tells as a selection of nothing; but where another place was chosen since,
    by the switch, it is a click like any other.
    """
    chosen = st.session_state[MAP_KEY]["selection"]["objects"]
    rows = [rows[0] for layer, rows in chosen.items() if layer.startswith("places-") and rows]
    if rows:
        at = (rows[0].get("properties") or {}).get("i")
        code = places["code_of"].iloc[at] if isinstance(at, int) and 0 <= at < len(places) else ""
        st.session_state[CLICKED_KEY] = code
        note_choice()
        change_view(plant=code)
    elif not chosen and lets_go():
        last = st.session_state.get(CLICKED_KEY, "")
        change_view(plant="" if current_view().plant == last else last)


def _pointer_text(row: Row) -> str:
    """Return what the pointer reads on a place."""
    parts = [plain_text(row["code"], 24), load_words(row)]
    if trend := trend_words(row):
        parts.append(trend)
    if pd.notna(row["sampled_on"]):
        parts.append(format_day(row["sampled_on"], current_view().language))
    return " · ".join(parts)


def catchment_legend(study: Study, shown: Shown) -> str:
    """Return the map's legend as HTML."""
    return legend_html(catchment_key(study, shown), current_view().language)


def catchment_key(study: Study, shown: Shown) -> Key:
    """Return the map's legend."""
    language = current_view().language
    entries = catchment_entries(shown.scale, shown.places, others=len(shown.others) > 0)
    notes = [t("Mean of the newest {n} samples, none flagged", n=SAMPLES)]
    if shown.scale is not None:
        notes.append(t("Scale {scale}", scale=shown.scale.scale_id))
    known, newest = (format_day(day, language) for day in (shown.sampling.moment, shown.sampling.taken.max()))
    notes.append(t("Known by {known}; newest sample {newest}", known=known, newest=newest))
    name = plain_text(analyte_words(language).get(shown.analyte, shown.analyte), 30)
    title = t("Load of {analyte}, mg/d per 1,000 people", analyte=name) if name else t("Sampling places")
    return Key([title], entries, notes, simulated=study.simulated)
