"""The brief's map: cells in their frozen classes, areas, roads, names, and a legend that hides none of it."""

from riskmap.briefing.facts import Facts
from riskmap.briefing.paper import Paper
from riskmap.briefing.sentences import area_names
from riskmap.figures import static_map
from riskmap.figures.legend import class_entries, layer_entries
from riskmap.figures.scale import INK, Scale, cell_size
from riskmap.figures.words import PERIOD_WORDS
from riskmap.language import translate
from riskmap.layers.areas import read_areas, read_roads

MAP = (36, 128, 1150, 822)
LEGEND_TOP = 962


def draw_map(paper: Paper, facts: Facts, scale: Scale, language: str) -> None:
    """Draw the map of the period and its legend into the left part of the page."""
    drawn = static_map.cells_to_draw(facts.surface.cells, facts.study.resolution)
    _draw_places(paper, facts, drawn, scale, language)
    _draw_legend(paper, facts, drawn, scale, language)


def _draw_places(paper: Paper, facts: Facts, drawn: static_map.DrawnCells, scale: Scale, language: str) -> None:
    axes = paper.axes(*MAP)
    boundary = facts.study.boundary()
    static_map.frame_map(axes, boundary.bounds)
    static_map.draw_cells(axes, drawn, scale)
    static_map.draw_lines(axes, [boundary], INK, 1.6, 5)
    static_map.draw_lines(axes, list(read_roads(facts.study).geometry), "#8b8f94", 0.6, 3)
    areas = read_areas(facts.study)
    level = facts.areas["level"].iloc[0] if len(facts.areas) else "county"
    shown = areas[areas["level"] == level].drop_duplicates("area_code").set_index("area_code")
    static_map.draw_lines(axes, list(shown.geometry), "#4a5560", 0.7, 4)
    # The areas with most expected cases get their names first.
    order = [code for code in facts.areas["area_code"] if code in shown.index]
    named = shown.loc[order].reset_index()
    paper.texts += static_map.draw_labels(axes, named, area_names(named, language), 10.5)


def _draw_legend(paper: Paper, facts: Facts, drawn: static_map.DrawnCells, scale: Scale, language: str) -> None:
    left, _, width, _ = MAP
    period = PERIOD_WORDS[facts.study.period].in_language(language)
    size = cell_size(drawn.resolution, drawn.cells["cell"].to_numpy()).in_language(language)
    title = translate("Expected cases per cell and {period}", language, period=period)
    scale_id = translate("Scale {scale}", language, scale=scale.scale_id)
    paper.write(left, LEGEND_TOP, f"{title}  ·  {size}  ·  {scale_id}", 13)
    blind = (drawn.cells["monitored"].astype(float) == 0).any()
    entries = class_entries(scale, drawn.resolution) + layer_entries(["not_monitored"] if blind else [])
    paper.texts += static_map.draw_legend(paper.axes(left, LEGEND_TOP + 36, width, 40), entries, language, 12)
