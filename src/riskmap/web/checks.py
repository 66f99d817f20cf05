"""What an import would do, worked out once for the files, the recipe and the answers it depends on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st

from riskmap.figures.record_map import MOST_MARKS
from riskmap.layers.covers import Covers
from riskmap.layers.folders import layer_fingerprint
from riskmap.layers.intake import preview_files
from riskmap.layers.kept_places import quarantined_places
from riskmap.layers.receipt import Receipt
from riskmap.layers.rules import message
from riskmap.schema import ID_COLUMN, LAYERS
from riskmap.snapshot import file_sha256, text_sha256
from riskmap.sources.recipe import Recipe
from riskmap.study import Study
from riskmap.web.access import require
from riskmap.web.notices import progress_shown

CHECKS_KEY = "checks"
FINDING = ("rule", "column", "original", "repaired")


@dataclass(frozen=True)
class Order:
    """An import as it stands on the page, before anybody agreed to anything."""

    study: Study
    files: Sequence[Path]
    recipe: Recipe
    replaced: str | None
    covers: Covers | None = None

    @cached_property
    def key(self) -> str:
        """What the outcome depends on: files, recipe, replaced import, covered days, and what is imported already."""
        hashes = sorted(file_sha256(path) + path.name for path in self.files)
        states = [layer_fingerprint(self.study, layer) for layer in LAYERS]
        return text_sha256(self.study.id, self.recipe.text, self.replaced or "", str(self.covers), *hashes, *states)


@dataclass(frozen=True)
class Check:
    """What an import would do: its receipt, and where some of its rows would lie.

    `accepted` has lon, lat and text, `quarantined` lon, lat and what was found; `shapes` are outlines and lines.
    """

    receipt: Receipt
    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    shapes: gpd.GeoSeries | None


def check_order(order: Order, *, accept: bool) -> Check:
    """Return what the import would do; worked out once for the same order."""
    require("change_data", order.study)
    # Receipts are large, so only those of the order on the page are kept.
    key = order.key
    kept = st.session_state.setdefault(CHECKS_KEY, {})
    for other in [name for name in kept if name[0] != key]:
        del kept[other]
    if (key, accept) not in kept:
        with progress_shown() as report:
            preview = preview_files(
                order.study,
                order.recipe.layer,
                order.files,
                order.recipe,
                accept=accept,
                replace=order.replaced,
                covers=order.covers,
                short_names=True,
                report=report,
            )
        rows, layer = preview.rows, order.recipe.layer
        kept[key, accept] = Check(
            preview.receipt,
            accepted_points(rows, layer),
            quarantined_points(preview.quarantine, order.recipe),
            _shapes(rows),
        )
    check: Check = kept[key, accept]
    return check


def accepted_points(rows: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return lon, lat and id of the rows that stand on a point; evenly picked where they are too many."""
    none = pd.DataFrame({"lon": [], "lat": [], "text": []})
    if "geometry" not in rows or rows.empty:
        return none
    shapes = rows["geometry"].to_numpy(object)
    located = shapely.get_type_id(shapes) == 0
    chosen = rows[located].iloc[_evenly(int(located.sum()))]
    points = chosen["geometry"].to_numpy(object)
    names = chosen[ID_COLUMN[layer]] if layer in ID_COLUMN else chosen["row_id"]
    return pd.DataFrame({"lon": shapely.get_x(points), "lat": shapely.get_y(points), "text": names.to_numpy()})


def quarantined_points(quarantine: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Return the quarantined rows whose place can be told, with lon and lat; evenly picked where they are too many."""
    if quarantine.empty:
        return pd.DataFrame({name: [] for name in ("lon", "lat", *FINDING)})
    places = quarantined_places(quarantine, recipe)
    located = (np.isfinite(places["lon"]) & np.isfinite(places["lat"])).to_numpy()
    there = pd.concat([places, quarantine[list(FINDING)]], axis=1)[located]
    return there.iloc[_evenly(len(there))]


def with_sentences(points: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return quarantined rows with the sentence that tells why, as `text`."""
    found = zip(*(points[name] for name in FINDING), strict=True)
    return points.assign(text=[message(*finding).in_language(language) for finding in found])


def _evenly(n: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, min(n, MOST_MARKS)).astype("int64")) if n else np.zeros(0, dtype="int64")


def _shapes(rows: pd.DataFrame) -> gpd.GeoSeries | None:
    """Return the outlines and lines among the rows, None where all stand on points or nowhere."""
    if "geometry" not in rows or rows.empty:
        return None
    shapes = rows["geometry"].to_numpy(object)
    drawn = shapes[shapely.get_type_id(shapes) > 0]
    return gpd.GeoSeries(drawn[_evenly(len(drawn))], crs="EPSG:4326") if len(drawn) else None
