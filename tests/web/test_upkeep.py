"""What a fresh server reads before anybody asks."""

from fabricated import build_study

from riskmap.surface.publish import list_surfaces
from riskmap.web import loaded, upkeep


def test_the_newest_forecast_of_each_area_is_read_and_shown_to_nobody(tmp_path, monkeypatch):
    study = build_study(tmp_path)
    monkeypatch.setenv("RISKMAP_HOME", str(tmp_path))
    found = []
    real = loaded.read_ahead
    monkeypatch.setattr(loaded, "read_ahead", lambda *given: found.append(real(*given)) or found[-1])
    monkeypatch.setattr(loaded, "record", lambda *told: found.append(told))
    upkeep.warm_up()
    assert [surface.snapshot_id for surface in found] == [list_surfaces(study)[-1].snapshot_id]


def test_an_area_that_cannot_be_read_stops_neither_the_server_nor_the_others(tmp_path, monkeypatch, capsys):
    build_study(tmp_path)
    broken = tmp_path / "geodata" / "a-broken" / "study.toml"
    broken.parent.mkdir()
    broken.write_text("resolution = ", encoding="utf-8")
    monkeypatch.setenv("RISKMAP_HOME", str(tmp_path))
    read = []
    monkeypatch.setattr(upkeep, "_read", lambda study: read.append(study.id))
    upkeep.warm_up()
    assert read == ["ocean"]
    assert "a-broken" in capsys.readouterr().err
