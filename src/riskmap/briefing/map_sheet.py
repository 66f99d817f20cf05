"""A map on a sheet of its own, drawn by matplotlib: what it shows, its legend, and where it is from."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from riskmap.figures import static_map
from riskmap.figures.fonts import plain_drawing
from riskmap.figures.legend import LegendEntry
from riskmap.figures.plain import plain_text
from riskmap.figures.scale import INK, Scale
from riskmap.figures.words import SIMULATED, best_names

WIDTH_PX, HEIGHT_PX, DPI = 1600, 1000, 100
MAP_SHARE = 0.76
LETTERS, LINE = 11, 0.032
"""Size of letters in points, and the height of a line as a share of the sheet's."""
MOST_LABELS = 40


@dataclass(frozen=True)
class Points:
    """Points of one look; `numbers` are written into them."""

    lon: NDArray
    lat: NDArray
    fill: str
    line: str
    numbers: Sequence[str] = ()


@dataclass(frozen=True)
class MapSheet:
    """What stands on a sheet: the map of `outline` under `title`, beside it the legend and `lines`."""

    title: str
    lines: Sequence[str]
    outline: BaseGeometry
    areas: gpd.GeoDataFrame
    entries: Sequence[LegendEntry]
    language: str
    simulated: bool
    marking: str = ""
    roads: gpd.GeoDataFrame | None = None
    cells: static_map.DrawnCells | None = None
    scale: Scale | None = None
    points: Sequence[Points] = ()
    about: Mapping[str, str] = field(default_factory=dict)


def map_png(sheet: MapSheet) -> bytes:
    """Return the sheet as a PNG of WIDTH_PX x HEIGHT_PX, `about` in its text chunks."""
    with plain_drawing():
        figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor="white")
        FigureCanvasAgg(figure)
        _draw(figure.add_axes((0.015, 0.02, MAP_SHARE, 0.90)), sheet)
        _write_beside(figure, sheet)
        target = io.BytesIO()
        told = {key: value for key, value in sheet.about.items() if value}
        figure.savefig(target, format="png", dpi=DPI, metadata={"Software": "riskmap", **told})
        return target.getvalue()


def _draw(axes: Axes, sheet: MapSheet) -> None:
    static_map.frame_map(axes, sheet.outline.bounds)
    if sheet.cells is not None and sheet.scale is not None:
        static_map.draw_cells(axes, sheet.cells, sheet.scale)
    if sheet.roads is not None and len(sheet.roads):
        static_map.draw_lines(axes, list(sheet.roads.geometry), "#8b8f94", 0.6, 3)
    static_map.draw_lines(axes, list(sheet.areas.geometry), "#4a5560", 0.7, 4)
    static_map.draw_lines(axes, [sheet.outline], INK, 1.6, 5)
    for points in sheet.points:
        size = 150 if len(points.numbers) else 22
        colours = {"facecolors": points.fill, "edgecolors": points.line}
        axes.scatter(points.lon, points.lat, s=size, linewidths=0.8, zorder=7, **colours)  # type: ignore[arg-type]
        for x, y, number in zip(points.lon, points.lat, points.numbers, strict=False):
            if axes.viewLim.contains(x, y):
                axes.text(x, y, number, fontsize=7, color=points.line, ha="center", va="center_baseline", zorder=8)
    names = pd.Series(best_names(sheet.areas, "area_code", sheet.language)).head(MOST_LABELS)
    static_map.draw_labels(axes, sheet.areas.head(MOST_LABELS), names, LETTERS)


def _write_beside(figure: Figure, sheet: MapSheet) -> None:
    figure.text(0.015, 0.945, plain_text(sheet.title, 200), fontsize=18, color=INK)
    left, top = MAP_SHARE + 0.03, 0.88
    if sheet.simulated:
        box = {"facecolor": "#ffd33d", "edgecolor": "none", "boxstyle": "square,pad=0.4"}
        figure.text(left + 0.008, top, SIMULATED, fontsize=14, color=INK, bbox=box)
        top -= 1.8 * LINE
    if sheet.marking:
        figure.text(left, top, plain_text(sheet.marking), fontsize=14, color="#a50f15")
        top -= 1.4 * LINE
    for entry in sheet.entries:
        mark = _mark(entry, left, top)
        mark.set_transform(figure.transFigure)
        figure.add_artist(mark)
        figure.text(left + 0.026, top, entry.words(sheet.language), fontsize=LETTERS, color=INK)
        top -= LINE
    top -= LINE / 2
    for line in sheet.lines:
        figure.text(left, top, plain_text(line, 60), fontsize=LETTERS, color="#4a5560")
        top -= LINE


def _mark(entry: LegendEntry, left: float, top: float) -> Artist:
    """Return the mark of an entry: a round one for points and dots, a box for classes."""
    if entry.mark in ("dot", "dotted"):
        size = 9 if entry.mark == "dot" else 3
        look = {"markerfacecolor": entry.fill, "markeredgecolor": entry.line, "markersize": size}
        return Line2D([left + 0.009], [top + 0.006], marker="o", linestyle="", **look)  # type: ignore[arg-type]
    return Rectangle((left, top - 0.004), 0.018, 0.02, facecolor=entry.fill, edgecolor="#8a8573", linewidth=0.8)
