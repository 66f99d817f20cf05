"""A map of the pages drawn by matplotlib: the same cells, lines, points and names, without a browser."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import h3
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from riskmap.figures.fonts import plain_drawing
from riskmap.figures.legend import Key, LegendEntry
from riskmap.figures.line_layers import BLIND_SPOT_LINE, CATCHMENT_LINE
from riskmap.figures.map_layers import POINT_STYLES, PointStyle
from riskmap.figures.map_lines import LineName, inner_areas, line_shapes
from riskmap.figures.plain import plain_text
from riskmap.figures.scale import INK, NOT_MONITORED, PAPER
from riskmap.figures.scale_bar import EARTH_KM, LONGEST_PX, MARGIN_PX, bar_words, round_length
from riskmap.figures.scene import Scene, points_of
from riskmap.figures.static_map import MOST_DOTS, draw_labels, draw_lines, fill_cells, frame_map
from riskmap.figures.words import SIMULATED, best_names
from riskmap.grid.cells import cell_centres, cell_polygons

DPI = 100
MARKING, SIMULATED_FILL = "#a50f15", "#ffd33d"


@dataclass(frozen=True)
class Painted:
    """Cells with their colours, and which of them no catchment covers; shape (n,) each."""

    cells: NDArray[np.uint64]
    colours: NDArray[np.str_]
    blind: NDArray[np.bool_]


@dataclass(frozen=True)
class Numbered:
    """Points of one look with a number in each, shape (n,)."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    style: PointStyle
    numbers: Sequence[str]


@dataclass(frozen=True)
class Extras:
    """What a map that leaves the pages has beside the scene: points with numbers, a marking (内部), and what its file
    says of itself in its text chunks. `borders` is what is drawn inside the outline, `draw` what lies under it."""

    points: Sequence[Numbered] = ()
    marking: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    borders: LineName = "areas"
    draw: Callable[[Axes], None] | None = None


NO_EXTRAS = Extras()
LINES = {"plants": ((CATCHMENT_LINE, 1.4, 4),), "blind_spots": (("#ffffff", 4.2, 5), (BLIND_SPOT_LINE, 2.1, 6))}
"""Layers of outlines: colour, width and place in the stack of each line."""
SIGN_MARKERS = {"▲": "^", "▼": "v"}


def still_map(scene: Scene, painted: Painted | None, key: Key, extras: Extras = NO_EXTRAS) -> bytes:
    """Return the PNG of a scene at its size, its legend inside; without cells where nothing is painted."""
    with plain_drawing():
        figure = Figure(figsize=(scene.size[0] / DPI, scene.size[1] / DPI), dpi=DPI)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        frame_map(axes, scene.outline.bounds)
        _make_room(axes, scene)
        if painted is not None:
            fill_cells(axes, painted.cells, painted.colours)
            if "not_monitored" in scene.layers:
                _draw_dots(axes, painted.cells[painted.blind])
        if extras.draw is not None:
            extras.draw(axes)
        _draw_lines(axes, scene, extras.borders)
        _draw_points(axes, scene)
        for points in extras.points:
            _draw_numbered(axes, points)
        if scene.cell:
            outline = list(cell_polygons(np.array([h3.str_to_int(scene.cell)], dtype=np.uint64)))
            draw_lines(axes, outline, INK, 4.0, 7)
            draw_lines(axes, outline, "#ffffff", 1.5, 8)
        inside = inner_areas(scene.areas, scene.place)
        draw_labels(axes, inside, best_names(inside, "area_code", scene.language), 9)
        _draw_bar(axes, scene)
        _draw_key(axes, key, scene.language)
        _draw_marks(axes, key.simulated, plain_text(extras.marking))
        written = io.BytesIO()
        told = {name: text for name, text in extras.about.items() if text}
        canvas.print_png(written, metadata={"Software": "riskmap", **told})
    return written.getvalue()


def _make_room(axes: Axes, scene: Scene) -> None:
    """Shrink and shift what is shown so that it lies to the right of the legend."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    grown = scene.size[0] / (scene.size[0] - scene.legend_px)
    bounds_width = scene.outline.bounds[2] - scene.outline.bounds[0]
    # A place that is tall has the room already.
    grown = max(min(grown, grown * bounds_width * 1.05 / (east - west)), 1.0)
    half_x, half_y = (east - west) * grown / 2, (north - south) * grown / 2
    middle = (west + east) / 2 - half_x * 2 * scene.legend_px / 2 / scene.size[0]
    axes.set(xlim=(middle - half_x, middle + half_x))
    axes.set(ylim=((south + north) / 2 - half_y, (south + north) / 2 + half_y))


def _draw_bar(axes: Axes, scene: Scene) -> None:
    west, east = axes.get_xlim()
    km_per_degree = EARTH_KM / 360 * np.cos(np.radians(sum(axes.get_ylim()) / 2))
    km = round_length((east - west) * km_per_degree * LONGEST_PX / scene.size[0])
    share = km / km_per_degree / (east - west)
    right, bottom = 1 - MARGIN_PX / scene.size[0], MARGIN_PX / scene.size[1]
    axes.plot([right - share, right], [bottom, bottom], transform=axes.transAxes, color=INK, linewidth=1.6, zorder=9)
    words = bar_words(km, scene.language)
    plate = {"facecolor": PAPER, "alpha": 0.85, "edgecolor": "none", "boxstyle": "square,pad=0.15"}
    place = (right - share / 2, bottom + 8 / scene.size[1])
    axes.text(*place, words, transform=axes.transAxes, fontsize=9, color=INK, ha="center", bbox=plate, zorder=9)


def _draw_key(axes: Axes, key: Key, language: str) -> None:
    handles = [*map(_handle, key.entries), *(Line2D([], [], linestyle="none") for _ in key.notes)]
    words = [*(" · ".join([entry.words(language), *entry.more]) for entry in key.entries), *key.notes]
    title = "\n".join(key.titles)
    style: dict[str, Any] = {"fontsize": 9, "title_fontsize": 9.5, "framealpha": 0.94, "edgecolor": "#b9b4a6"}
    shown = axes.legend(handles, words, title=title, loc="lower left", alignment="left", fancybox=False, **style)
    shown.set_zorder(10)


def _draw_marks(axes: Axes, simulated: bool, marking: str) -> None:
    style: dict[str, Any] = {"transform": axes.transAxes, "fontsize": 12, "va": "top", "zorder": 11}
    if simulated:
        plate = {"facecolor": SIMULATED_FILL, "edgecolor": "none", "boxstyle": "square,pad=0.3"}
        axes.text(0.015, 0.98, SIMULATED, color=INK, bbox=plate, **style)
    axes.text(0.985, 0.98, marking, color=MARKING, ha="right", **style)


def _handle(entry: LegendEntry) -> Line2D | Patch:
    if entry.mark == "box":
        return Patch(facecolor=entry.fill, edgecolor="#8a8573")
    if entry.mark == "line":
        return Line2D([], [], color=entry.line, linewidth=2)
    if entry.mark == "hatched":
        return Patch(facecolor="none", edgecolor=entry.line, hatch="/////")
    if entry.mark == "sign":
        return Line2D([], [], linestyle="none", marker=SIGN_MARKERS[entry.fill], color=entry.line, markersize=8)
    if entry.mark == "ring":
        return Line2D([], [], linestyle="none", marker="o", markerfacecolor="none", markeredgecolor=entry.line)
    marker = "o" if entry.mark == "dot" else "."
    return Line2D([], [], linestyle="none", marker=marker, markerfacecolor=entry.fill, markeredgecolor=entry.line)


def _draw_dots(axes: Axes, cells: NDArray[np.uint64]) -> None:
    if len(cells):
        lon, lat = cell_centres(cells[:: len(cells) // MOST_DOTS + 1])
        axes.scatter(lon, lat, s=0.8, color=NOT_MONITORED, linewidths=0, zorder=2)


def _draw_lines(axes: Axes, scene: Scene, borders: LineName) -> None:
    styles = {"roads": ("#8b8f94", 0.7, 3), borders: ("#4a5560", 0.8, 4), "outline": (INK, 1.8, 5)}
    roads = scene.tables["roads"] if "roads" in scene.layers and "roads" in scene.tables else pd.DataFrame()
    for name, (colour, width, zorder) in styles.items():
        if name != "roads" or len(roads):
            draw_lines(axes, line_shapes(name, scene.areas, roads, scene.place, scene.boundary), colour, width, zorder)


def _draw_points(axes: Axes, scene: Scene) -> None:
    for name, table in points_of(scene).items():
        if name in LINES:
            for colour, width, zorder in LINES[name]:
                draw_lines(axes, list(table.geometry), colour, width, zorder)
            continue
        style = POINT_STYLES[name]
        size = (style.radius_px * 1.4) ** 2
        axes.scatter(table["lon"], table["lat"], s=size, c=style.fill, edgecolors=style.line, linewidths=0.8, zorder=6)


def _draw_numbered(axes: Axes, points: Numbered) -> None:
    style, size = points.style, (points.style.radius_px * 1.4) ** 2
    axes.scatter(points.lon, points.lat, s=size, c=style.fill, edgecolors=style.line, linewidths=0.8, zorder=7)
    for x, y, number in zip(points.lon, points.lat, points.numbers, strict=True):
        if axes.viewLim.contains(x, y):
            axes.text(x, y, number, fontsize=7, color=style.line, ha="center", va="center_baseline", zorder=8)
