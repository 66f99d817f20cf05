"""The map of wastewater drawn by matplotlib: the same catchments, signs and dots as in a browser, its legend inside."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from matplotlib.axes import Axes

from riskmap.figures.catchment_key import COLOURS, OTHER_LINE, PLACE_LINE, SIGNS
from riskmap.figures.catchment_map import CHOSEN_LINES, Frame, dotted_places, hatching, not_sampled
from riskmap.figures.map_layers import NO_TILES
from riskmap.figures.scale import INK, NOT_MONITORED
from riskmap.figures.scene import Scene
from riskmap.figures.static_map import draw_lines
from riskmap.figures.still_map import DPI

POINTS_PER_PIXEL = 72 / DPI
EDGE: dict[str, Any] = {"edgecolor": PLACE_LINE, "linewidth": 0.8}


@dataclass(frozen=True)
class Catchments:
    """What is drawn, as for `compose_catchments`: places, catchments of other levels, position of the chosen one."""

    plants: gpd.GeoDataFrame
    others: gpd.GeoSeries
    chosen: int | None
    frame: Frame

    @property
    def scene(self) -> Scene:
        """What surrounds the places."""
        frame = self.frame
        around: dict[str, Any] = {
            "place": frame.place,
            "language": frame.language,
            "size": frame.size,
            "legend_px": frame.legend_px,
        }
        return Scene(NO_TILES, "", frame.boundary, frame.areas, **around)

    def draw(self, axes: Axes) -> None:
        """Draw the places, below the lines and names of areas."""
        plants, outline = self.plants, self.frame.outline
        lon, lat = not_sampled(outline, plants.geometry, self.others).T
        axes.scatter(lon, lat, s=3, color=NOT_MONITORED, alpha=0.6, linewidths=0, zorder=1)
        draw_lines(axes, list(self.others), OTHER_LINE, 0.7, 2)
        colours = np.array(COLOURS)[plants["shade"].to_numpy()]
        whole = (plants.geometry.geom_type != "Point").to_numpy()
        if whole.any():
            plants.geometry[whole].plot(ax=axes, color=colours[whole], aspect=None, zorder=2, **EDGE)
        old = plants["old"].to_numpy(bool)
        draw_lines(axes, list(hatching(plants.geometry[old & whole], outline)), INK, 1.0, 3)
        points = plants.geometry.representative_point()
        small = dotted_places(plants.geometry, outline)
        axes.scatter(points.x[small], points.y[small], s=70, c=colours[small], zorder=6, **EDGE)
        rings = old & ~whole
        axes.scatter(points.x[rings], points.y[rings], s=190, facecolors="none", edgecolors=INK, linewidths=2, zorder=6)
        plate = {"facecolor": "#ffffff", "alpha": 0.92, "edgecolor": "none", "boxstyle": "square,pad=0.1"}
        for x, y, step in zip(points.x, points.y, plants["finding"].fillna(0).astype(int), strict=True):
            if step:
                sign, colour, _ = SIGNS[step]
                axes.text(x, y, sign, color=colour, fontsize=12, ha="center", va="center", bbox=plate, zorder=8)
        if self.chosen is not None:
            self._mark(axes, whole[self.chosen])

    def _mark(self, axes: Axes, whole: bool) -> None:
        shape = self.plants.geometry.iloc[self.chosen]
        for colour, pixels in CHOSEN_LINES:
            width = pixels * POINTS_PER_PIXEL
            if whole:
                draw_lines(axes, [shape], colour, width, 7)
            else:
                axes.scatter(shape.x, shape.y, s=190, facecolors="none", edgecolors=colour, linewidths=width, zorder=7)
