"""The whole build: raw files, import, idempotence."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskmap.errors import StudyError
from riskmap.grid.assign import points_to_cells
from riskmap.layers.store import read_layer
from riskmap.simulate import demo
from riskmap.simulate.demo import build_demo
from riskmap.simulate.province import Province, simulate_province
from riskmap.simulate.raw import SOURCES, write_raw
from riskmap.simulate.scales import SCALES
from riskmap.simulate.truth import intensity_table
from riskmap.snapshot import file_sha256, folder_hashes
from riskmap.sources.recipe_files import load_recipe
from riskmap.study import Study, list_studies


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The small area, built once."""
    return build_demo(tmp_path_factory.mktemp("home"), "small")


def test_the_study_is_weekly_simulated_and_named_so(built: Study) -> None:
    assert (built.id, built.period, built.resolution, built.horizon) == ("demo", "week", 8, 1)
    assert built.simulated
    assert "模拟" in built.name("zh")
    assert "simulated" in built.name("en")


def test_every_layer_came_in_and_only_the_flaws_stayed_outside(built: Study) -> None:
    scale = SCALES["small"]
    rows = {source.layer: len(read_layer(built, source.layer)) for source in SOURCES}
    assert rows["areas"] == 1 + scale.prefectures + scale.counties
    assert rows["sites"] == scale.hubs + scale.enterprises
    assert rows["plants"] == scale.plants + scale.networks
    assert read_layer(built, "population")["residents"].sum() == scale.residents
    quarantined = sum(len(pd.read_parquet(path)) for path in (built.folder / "layers").glob("*/*/quarantine.parquet"))
    assert 0 < quarantined < 40


def test_recorded_counts_are_the_true_ones_but_for_the_flaws(built: Study) -> None:
    cases = read_layer(built, "cases")
    located = cases[cases.geometry.notna() & ~cases.geometry.is_empty]
    cells = points_to_cells(located.geometry.x.to_numpy(), located.geometry.y.to_numpy(), 8)
    week = located["occurred_from"].dt.to_period("W-SUN").dt.start_time.astype("datetime64[us]").to_numpy()
    found = pd.DataFrame({"cell": cells, "period_start": week}).value_counts().rename("found")
    truth = pd.read_parquet(built.folder / "truth" / "counts.parquet").set_index(["cell", "period_start"])
    both = truth.join(found, how="outer").fillna(0)
    assert (both["found"] <= both["registered"]).all()
    assert (both["registered"] <= both["drawn"]).all()
    assert both["found"].sum() > 0.99 * both["registered"].sum()


def test_true_intensity_has_the_studys_cells_and_weeks(built: Study) -> None:
    intensity = pd.read_parquet(built.folder / "truth" / "intensity.parquet")
    assert intensity["cell"].dtype == np.uint64
    assert list(intensity.columns[[1, -1]]) == ["2023-01-02", "2025-12-22"]
    assert (intensity.dtypes.iloc[1:] == np.float32).all()
    drawn = pd.read_parquet(built.folder / "truth" / "counts.parquet")["drawn"].sum()
    expected = intensity.iloc[:, 1:].to_numpy().sum(dtype=float)
    assert abs(drawn - expected) < 4 * np.sqrt(expected)


def test_building_again_changes_nothing(built: Study) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.folder.rglob("*") if path.is_file()}
    said: list[str] = []
    again = build_demo(built.home, "small", report=lambda stage, share=None: said.append(stage.en))
    assert again == built
    assert said == []
    assert before == {path: path.stat().st_mtime_ns for path in built.folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("scale", "seed"), [("province", demo.SEED), ("small", 1)])
def test_another_scale_or_seed_is_refused_with_the_way_out(built: Study, scale: str, seed: int) -> None:
    with pytest.raises(StudyError, match=r"is there already with scale small and seed 20260105.*rm -r") as refused:
        build_demo(built.home, scale, seed)
    assert "模拟区域已存在" in refused.value.in_language("zh")


def test_unknown_scale_and_negative_seed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no scale 'huge'; the scales are province, small"):
        build_demo(tmp_path, "huge")
    with pytest.raises(StudyError, match="seed must be 0 or more; it was -1"):
        build_demo(tmp_path, "small", -1)
    assert not (tmp_path / "geodata").exists()


def test_somebodys_own_area_named_demo_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "geodata" / "demo"
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text('id = "demo"\nresolution = 8\nperiod = "week"\ntimezone = "UTC"\n')
    with pytest.raises(StudyError, match="that was not simulated"):
        build_demo(tmp_path)
    assert [path.name for path in folder.iterdir()] == ["study.toml"]


def test_a_build_cut_short_goes_on_and_ends_the_same(
    built: Study, province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "simulate_province", lambda scale, seed, report: province)
    calls = []
    whole = demo.import_files

    def cut(*arguments: object, **options: object) -> object:
        calls.append(arguments[1])
        if len(calls) == 4:
            raise KeyboardInterrupt
        return whole(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(demo, "import_files", cut)
    with pytest.raises(KeyboardInterrupt):
        build_demo(tmp_path, "small")
    litter = tmp_path / "geodata" / "demo" / ".staging-1-raw"
    litter.mkdir()
    monkeypatch.setattr(demo, "import_files", whole)
    monkeypatch.setattr(demo, "simulate_province", lambda *arguments: pytest.fail("raw files were there already"))
    study = build_demo(tmp_path, "small")
    assert not litter.exists()
    assert list_studies(tmp_path) == ["demo"]
    imports = [sorted(path.name for path in (one.folder / "layers").glob("*/*")) for one in (built, study)]
    assert imports[0] == imports[1]


def test_a_build_cut_short_while_writing_leaves_no_area(
    province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "simulate_province", lambda scale, seed, report: province)

    def full_disk(*arguments: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(demo, "write_raw", full_disk)
    with pytest.raises(OSError, match="No space left"):
        build_demo(tmp_path, "small")
    assert list_studies(tmp_path) == []
    assert not (tmp_path / "geodata" / "demo" / "raw").exists()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    province: Province, built: Study, tmp_path: Path
) -> None:
    write_raw(province, tmp_path)
    assert folder_hashes(tmp_path) == folder_hashes(built.folder / "raw")
    other = simulate_province(SCALES["small"], 7)
    assert not np.array_equal(other.land.cells, province.land.cells)
    assert not intensity_table(other).equals(intensity_table(province))


def test_a_changed_raw_file_is_refused_by_name(
    province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "simulate_province", lambda scale, seed, report: province)
    monkeypatch.setattr(demo, "_import_sources", lambda study, report: None)
    build_demo(tmp_path, "small")
    monkeypatch.undo()
    folder = tmp_path / "geodata" / "demo"
    (folder / "demo.json").unlink()
    (folder / "raw" / "population.csv").write_bytes(b"")
    with pytest.raises(StudyError, match=r"population\.csv of the simulated area was refused"):
        build_demo(tmp_path, "small")


def test_every_source_has_a_recipe_for_its_layer_and_files(built: Study) -> None:
    for source in SOURCES:
        assert load_recipe(source.recipe).layer == source.layer
        assert sorted((built.folder / "raw").glob(source.files)), source
    assert file_sha256(built.folder / "raw" / "README.txt")
    assert "SIMULATED" in (built.folder / "raw" / "README.txt").read_text(encoding="utf-8")
