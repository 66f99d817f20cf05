"""What the pages' process answers to a map that asks for cells."""

import gzip
import json
import time
from pathlib import Path
from urllib.parse import urlencode

import h3
import numpy as np
import pytest
import streamlit
from fabricated import ATTACK, answer_of, build_study
from pydeck import ViewState

from riskmap.figures.map_lines import LINE_NAMES
from riskmap.figures.map_names import names_layer
from riskmap.figures.scale_bar import scale_bar_layer
from riskmap.grid.assign import points_to_cells
from riskmap.grid.cells import parents_of
from riskmap.surface.publish import list_surfaces, read_surface
from riskmap.surface.tiles import cell_width_px
from riskmap.web import base_map, map_classes, map_lines, map_tiles
from riskmap.web.loaded import load_scale
from riskmap.web.map_classes import (
    BASELINE,
    CHANGE,
    EXPECTED,
    OTHER,
    OUTSIDE,
    cell_classes,
    class_words,
    load_levels,
    load_tiles,
    palette_of,
)
from riskmap.web.map_tiles import clicked_cell, tile_source
from riskmap.web.signed import VALID_S, sign


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return build_study(tmp_path_factory.mktemp("tiles"))


@pytest.fixture
def surface(study):
    return read_surface(study)


@pytest.fixture
def client(study, monkeypatch):
    monkeypatch.setenv("RISKMAP_HOME", str(study.home))
    return ask


def ask(address):
    return answer_of([*map_tiles.routes(), *map_lines.routes(), *base_map.routes()], address)


def unpacked(answer):
    return gzip.decompress(answer.body) if answer.status_code == 200 else b""


def addresses(study, surface, place="", level="", kind="cells"):
    template = getattr(tile_source(study, surface, place, level), kind)
    return [template.format(z=z, x=x, y=y) for z, x, y in load_tiles(study, surface).index]


def test_a_tile_comes_compressed_and_is_kept_an_hour(client, study, surface):
    answer = client(addresses(study, surface)[0])
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == f"private, max-age={VALID_S}, immutable"
    assert b"cells" in unpacked(answer)


def test_where_there_is_no_cell_there_is_nothing(client, study, surface):
    template = tile_source(study, surface, "", "").cells
    assert client(template.format(z=5, x=0, y=0)).status_code == 204


def test_an_altered_or_expired_address_is_forbidden(client, study, surface):
    address = addresses(study, surface)[0]
    parts = address.split("/")
    parts[3] = parts[3][:-4] + "AAAA"
    assert client("/".join(parts)).status_code == 403
    parts[3] = sign(
        {"area": study.id, "within": "", "surface": surface.snapshot_id, "place": "", "level": ""}, time.time() - 9999
    )
    assert client("/".join(parts)).status_code == 403


def test_an_address_of_a_surface_that_is_gone_is_not_found(client, study):
    token = sign({"area": study.id, "within": "", "surface": "20200101-000000000000", "place": "", "level": ""})
    assert client(f"/map/cells/{token}/5/0/0.mvt").status_code == 404
    token = sign({"area": "nowhere", "within": "", "surface": "x", "place": "", "level": ""})
    assert client(f"/map/cells/{token}/5/0/0.mvt").status_code == 404


def test_classes_are_those_of_the_frozen_scale(study, surface):
    classes = cell_classes(study, surface, "", "", EXPECTED)
    levels = load_levels(study, surface)
    scale = load_scale(study, surface)
    assert set(classes) == set(levels)
    for resolution, level in levels.items():
        assert (classes[resolution] == scale.classes(level["expected"], resolution)).all()
        assert level["expected"].sum() == pytest.approx(surface.cells["expected"].sum())


def test_cells_outside_the_place_are_not_painted(study, surface):
    inside = surface.table("cell_areas")
    classes = cell_classes(study, surface, "100101", "county", EXPECTED)[study.resolution]
    assert ((classes != OUTSIDE) == (inside["county"] == "100101").to_numpy()).all()


def test_a_clicked_cell_has_a_name(study, surface):
    for resolution, level in load_levels(study, surface).items():
        name = clicked_cell(study, surface, {"properties": {"k": 0, "i": 1, "r": resolution}})
        assert name == h3.int_to_str(int(level["cell"].iloc[1]))


@pytest.mark.parametrize("properties", [None, {}, {"i": 0}, {"i": -1, "r": 8}, {"i": 10**9, "r": 8}, {"i": 0, "r": 3}])
def test_what_is_no_cell_has_none(study, surface, properties):
    assert clicked_cell(study, surface, {"properties": properties}) == ""


def test_dots_are_sent_for_cells_that_no_catchment_covers(client, study, surface):
    found = [client(address) for address in addresses(study, surface, kind="dots")]
    assert {answer.status_code for answer in found} <= {200, 204}
    assert any(b"dots" in unpacked(answer) for answer in found)


def test_no_dots_where_every_cell_is_monitored(client, study, surface, monkeypatch):
    levels = {at: level.assign(monitored=1.0) for at, level in load_levels(study, surface).items()}
    monkeypatch.setattr(map_tiles, "load_levels", lambda *_: levels)
    assert {client(one).status_code for one in addresses(study, surface, kind="dots")} == {204}


def test_the_worker_is_served_as_a_script(client):
    answer = client("/map/mvt-worker.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")


def test_the_worker_is_of_the_version_that_streamlit_has():
    """Another version would be fetched from outside, or not understand the one that asks it."""
    scripts = Path(streamlit.__file__).parent / "static" / "static" / "js"
    (chart,) = scripts.glob("DeckGlJsonChart.*.js")
    version = map_tiles.WORKER.stem.rpartition("-")[2]
    assert f"`{version}`" in chart.read_text(encoding="utf-8") or f'"{version}"' in chart.read_text(encoding="utf-8")


def dots_by_zoom(study, surface, monkeypatch, closest):
    """Return, by zoom, the parents in which dots are and the number of dots."""
    drawn = {}
    monkeypatch.setattr(map_tiles, "CLOSEST_DOTS_PX", closest)
    monkeypatch.setattr(map_tiles, "dots_tile", lambda address, lon, lat: drawn.update({address: (lon, lat)}) or b"x")
    for address in addresses(study, surface, kind="dots"):
        ask(address)
    found = {}
    for (zoom, _, _), (lon, lat) in drawn.items():
        resolution = load_tiles(study, surface).resolutions[zoom]
        cells = points_to_cells(lon, lat, resolution)
        parents, dots = found.setdefault(zoom, (set(), 0))
        found[zoom] = (parents | set(parents_of(cells, resolution - 1)), dots + len(cells))
    return found


def test_dots_that_would_touch_are_thinned_and_no_larger_cell_loses_its_last(client, study, surface, monkeypatch):
    every = dots_by_zoom(study, surface, monkeypatch, 0.0)
    fewer = dots_by_zoom(study, surface, monkeypatch, 1e9)
    closest = max(every)
    assert fewer[closest] == every[closest]  # nothing is left out where each cell is seen
    for zoom in set(every) - {closest}:
        assert fewer[zoom][0] == every[zoom][0]
        assert fewer[zoom][1] < every[zoom][1]


def test_cells_grow_twofold_with_each_zoom(study, surface):
    cells = surface.cells["cell"].to_numpy()
    assert cell_width_px(cells, 9) == pytest.approx(2 * cell_width_px(cells, 8))
    assert 5 < cell_width_px(cells, 9) < 9


def earlier(study):
    return read_surface(study, list_surfaces(study)[-2].snapshot_id)


def test_a_change_is_by_how_many_classes_a_cell_moved_and_no_more_than_two(study, surface):
    before = earlier(study)
    scale, at = load_scale(study, surface), study.resolution
    moved = cell_classes(study, surface, "", "", CHANGE + before.snapshot_id)[at].astype(int)
    now, then = (scale.classes(one.cells["expected"], at) for one in (surface, before))
    assert (moved == np.clip(now - then, -2, 2) + 2).all()
    assert len(set(moved)) > 2


def test_cells_that_the_other_forecast_lacks_have_a_class_of_their_own(study, surface, monkeypatch):
    before = earlier(study)
    levels = {id(surface): load_levels(study, surface)}
    fewer = {at: level.iloc[1:] for at, level in load_levels(study, before).items()}
    monkeypatch.setattr(map_classes, "load_levels", lambda _, one: levels.get(id(one), fewer))
    for shows in (CHANGE + before.snapshot_id, OTHER + before.snapshot_id):
        classes = cell_classes.__wrapped__(study, surface, "", "", shows)[study.resolution]
        assert classes[0] == len(palette_of(shows)) - 1
        assert (classes[1:] < len(palette_of(shows)) - 1).all()
        assert len(class_words(study, surface, shows, study.resolution, "zh")) == len(palette_of(shows))


def test_the_other_side_is_classed_by_the_scale_of_the_shown_period(study, surface):
    before = earlier(study)
    scale, at = load_scale(study, surface), study.resolution
    beside = cell_classes(study, surface, "", "", OTHER + before.snapshot_id)[at]
    assert (beside == scale.classes(before.cells["expected"], at)).all()
    baseline = cell_classes(study, surface, "", "", BASELINE)[at]
    assert (baseline == scale.classes(surface.cells["baseline_expected"], at)).all()
    against = cell_classes(study, surface, "", "", CHANGE + BASELINE)[at].astype(int)
    now = cell_classes(study, surface, "", "", EXPECTED)[at].astype(int)
    assert (against == np.clip(now - baseline.astype(int), -2, 2) + 2).all()


def test_a_change_inside_a_place_paints_nothing_outside(study, surface):
    shows = CHANGE + earlier(study).snapshot_id
    inside = surface.table("cell_areas")
    classes = cell_classes(study, surface, "100101", "county", shows)[study.resolution]
    assert ((classes != OUTSIDE) == (inside["county"] == "100101").to_numpy()).all()


def test_tiles_of_a_change_say_in_the_readers_language_how_far_a_cell_moved(client, study, surface):
    shows = CHANGE + BASELINE
    for language, words in (("zh", "等级不变"), ("en", "same class")):
        template = tile_source(study, surface, "", "", shows, language).cells
        z, x, y = next(iter(load_tiles(study, surface).index))
        assert words.encode() in unpacked(client(template.format(z=z, x=x, y=y)))


@pytest.mark.parametrize("name", LINE_NAMES)
def test_lines_come_compressed_by_signed_addresses(client, study, name):
    answer = client(map_lines.line_source(study, "1001").format(name=name))
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    found = json.loads(unpacked(answer))
    assert all(len(piece["s"]) == len(piece["t"]) == 2 for piece in found)
    assert len(found) == {"outline": 4, "areas": 1, "counties": 5, "roads": 1}[name]


@pytest.mark.parametrize(("language", "named"), [("zh", {"珊瑚县", ATTACK}), ("en", {"Coral County", ATTACK})])
def test_names_come_as_points_in_their_areas(client, study, language, named):
    address = map_lines.line_source(study, "1001").format(name=f"names-{language}")
    assert client(address).status_code == client(f"{address}?zoom=nan&px=14").status_code == 404
    answer = client(names_layer(address, 8.0, 14).data)
    found = json.loads(unpacked(answer))["features"]
    assert {feature["properties"]["n"] for feature in found} == named
    assert {feature["geometry"]["type"] for feature in found} == {"Point"}


VIEW = {"lon": 0.5, "lat": 60.0, "zoom": 7.0, "width": 800, "height": 500, "px": 13, "language": "zh"}


def test_a_scale_bar_comes_for_the_view_that_a_map_adds(client, study):
    template = map_lines.line_source(study)
    layer = scale_bar_layer(template.format(name="scale-bar"), ViewState(0.5, 60.0, 7.0), (800, 500), "zh", 13)
    bar, words = json.loads(unpacked(client(layer.data)))["features"]
    assert bar["geometry"]["type"] == "LineString"
    assert "km" in words["properties"]["n"]


@pytest.mark.parametrize(
    "wrong",
    [{"lon": "nan"}, {"lat": 89}, {"zoom": 99}, {"width": 1e9}, {"height": 0}, {"language": "fr"}, {"zoom": "x"}],
)
def test_a_view_that_is_none_has_no_bar(client, study, wrong):
    address = map_lines.line_source(study).format(name="scale-bar")
    assert client(f"{address}?{urlencode(VIEW | wrong)}").status_code == 404
    assert client(f"{address}?{urlencode(VIEW)}").status_code == 200
    assert client(address).status_code == 404


def test_lines_over_cells_wait_for_them_and_are_not_kept(client, study, monkeypatch):
    waits = []

    async def note(seconds):
        waits.append(seconds)

    monkeypatch.setattr(map_lines.asyncio, "sleep", note)
    kept = client(map_lines.line_source(study).format(name="outline"))
    assert not waits
    assert "immutable" in kept.headers["cache-control"]
    held = client(map_lines.line_source(study, after_cells=True).format(name="outline"))
    assert waits == [map_lines.AFTER_CELLS_S]
    assert held.headers["cache-control"] == "no-store"
    assert held.body == kept.body


def test_lines_are_refused_without_a_good_address(client, study):
    good = map_lines.line_source(study).format(name="areas")
    assert client(good.replace("areas", "persons")).status_code == 404
    parts = good.split("/")
    parts[3] = ("B" if parts[3].startswith("A") else "A") + parts[3][1:]  # another first letter, whatever it was
    assert client("/".join(parts)).status_code == 403
    old = sign({"area": study.id, "place": "", "state": ""}, time.time() - 9999)
    assert client(f"/map/lines/{old}/areas.json").status_code == 403
    gone = sign({"area": "nowhere", "within": "", "place": "", "state": ""})
    assert client(f"/map/lines/{gone}/areas.json").status_code == 404
