"""The map drawn by matplotlib, for paper and slides: no browser, no outside help."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba_array
from matplotlib.text import Text as Artist
from matplotlib.transforms import Bbox
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from riskmap.figures.plain import plain_texts
from riskmap.figures.scale import INK, NOT_MONITORED, PALETTE, PAPER, Scale, draw_resolution, roll_up
from riskmap.grid.cells import cell_centres, cell_polygons

MOST_DOTS = 20_000


@dataclass(frozen=True)
class DrawnCells:
    """The surface at the resolution at which it is drawn."""

    cells: pd.DataFrame
    resolution: int


def cells_to_draw(cells: pd.DataFrame, resolution: int, most: int) -> DrawnCells:
    """Return the surface itself, or rolled up where it has more than `most` cells."""
    drawn = draw_resolution(resolution, len(cells), most)
    return DrawnCells(cells if drawn == resolution else roll_up(cells, drawn), drawn)


def fill_cells(axes: Axes, cells: NDArray[np.uint64], colours: NDArray[np.str_]) -> None:
    """Fill the outlines of `cells`, shape (n,), with `colours`, shape (n,).

    Outlines of one number of corners go as one array, which saves matplotlib from looking at each.
    """
    corners, owner = shapely.get_coordinates(cell_polygons(cells), return_index=True)
    names, which = np.unique(colours, return_inverse=True)
    painted = to_rgba_array(list(names))[which]
    size = np.bincount(owner, minlength=len(cells))
    for n in np.unique(size):
        own = size == n
        outlines = corners[own[owner]].reshape(-1, n, 2)[:, :-1]  # closed by matplotlib
        # Edges in the cell's own colour close the hairlines that anti-aliasing leaves between neighbours.
        style = {"facecolors": painted[own], "edgecolors": painted[own], "linewidths": 0.3, "zorder": 1}
        axes.add_collection(PolyCollection(outlines, **style))


def draw_cells(axes: Axes, drawn: DrawnCells, scale: Scale) -> None:
    """Paint the cells in their classes, and dots where no catchment reaches."""
    classes = scale.classes(drawn.cells["expected"], drawn.resolution)
    fill_cells(axes, drawn.cells["cell"].to_numpy(), np.array(PALETTE)[classes])
    blind = unmonitored(drawn)
    if len(blind):
        lon, lat = cell_centres(blind)
        axes.scatter(lon, lat, s=0.8, color=NOT_MONITORED, linewidths=0, zorder=2)


def unmonitored(drawn: DrawnCells) -> NDArray[np.uint64]:
    """Return the cells that get a dot because no catchment reaches them; none where dots would hide the map."""
    cells = drawn.cells.loc[drawn.cells["monitored"].astype(float) == 0, "cell"].to_numpy(np.uint64)
    return cells if len(cells) <= MOST_DOTS else cells[:0]


def draw_lines(axes: Axes, shapes: Sequence[BaseGeometry], colour: str, width: float, zorder: int) -> None:
    """Draw outlines or roads."""
    lines = [shape.boundary if "Polygon" in shape.geom_type else shape for shape in shapes]
    parts = shapely.get_parts(np.asarray(lines, dtype=object))
    segments = [shapely.get_coordinates(part) for part in parts]
    axes.add_collection(LineCollection(segments, colors=colour, linewidths=width, zorder=zorder))


def frame_map(axes: Axes, bounds: tuple[float, float, float, float]) -> None:
    """Show `bounds` (west, south, east, north) undistorted at its middle latitude, on paper, without ticks."""
    west, south, east, north = bounds
    shrink = np.cos(np.radians((south + north) / 2))
    room = axes.get_window_extent()
    # Degrees a pixel, the same on both sides once longitudes are shrunk; 5 % of paper all round.
    step = 1.05 * max((east - west) * shrink / room.width, (north - south) / room.height)
    half_x, half_y = step * room.width / shrink / 2, step * room.height / 2
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    axes.set(xlim=(middle_x - half_x, middle_x + half_x), ylim=(middle_y - half_y, middle_y + half_y), facecolor=PAPER)
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_color("#b9b4a6")


def draw_labels(axes: Axes, areas: gpd.GeoDataFrame, names: pd.Series, size: float) -> list[Artist]:
    """Write the areas' names, the first ones first; a name that would cover another is left out."""
    renderer = cast(FigureCanvasAgg, axes.figure.canvas).get_renderer()
    frame = axes.get_window_extent(renderer)
    points = areas.geometry.representative_point()
    kept: list[Artist] = []
    taken: list[Bbox] = []
    for x, y, name in zip(points.x, points.y, plain_texts(names), strict=True):
        plate = {"facecolor": PAPER, "alpha": 0.85, "edgecolor": "none", "boxstyle": "square,pad=0.12"}
        label = axes.text(x, y, name, fontsize=size, color=INK, ha="center", va="center", zorder=6, bbox=plate)
        box = label.get_window_extent(renderer).padded(3)
        inside = frame.containsx(box.x0) and frame.containsx(box.x1) and frame.containsy(box.y0)
        if not name or not inside or any(box.overlaps(other) for other in taken):
            label.remove()
        else:
            kept.append(label)
            taken.append(label.get_window_extent(renderer))
    return kept
