"""Build the simulated area `demo`: simulate, write raw files, import them as anybody's.

The area is fictional in every part: names, borders, people, records. Its location is arbitrary, in open sea.
"""

import json
from pathlib import Path

from riskmap.errors import StudyError
from riskmap.language import Text
from riskmap.layers.areas import create_area
from riskmap.layers.intake import import_files
from riskmap.progress import Report, silent
from riskmap.simulate.names import PROVINCE_EN, PROVINCE_ZH
from riskmap.simulate.province import simulate_province
from riskmap.simulate.raw import BOUNDARY, SOURCES, write_raw
from riskmap.simulate.scales import RESOLUTION, SCALES, TIMEZONE
from riskmap.simulate.truth import write_truth
from riskmap.snapshot import (
    canonical_json,
    lease,
    publish_folder,
    remove_leftovers,
    write_manifest,
    write_text,
)
from riskmap.sources.recipe_files import load_recipe
from riskmap.study import Study, load_study

AREA = "demo"
SEED = 20260105
_MARKER = "demo.json"
_SIMULATED, _WRITTEN = 0.35, 0.5
"""Shares of the whole build that are done when the weeks are drawn, and when the raw files are written."""


def build_demo(home: Path, scale: str = "small", seed: int = SEED, report: Report = silent) -> Study:
    """Build the area `demo` under `home`, or return it as it is where it has been built with the same settings.

    Raw files go to geodata/demo/raw, what is true and unknown to geodata/demo/truth; a build that was cut short goes on
    where it stopped.

    Parameters
    ----------
    scale
        "small" (about 12,150 km2) or "province" (about 486,000 km2).
    seed
        The same seed gives the same raw files.

    Raises
    ------
    StudyError
        If there is no such scale, the seed is negative, or `demo` is there with another scale or seed, or is not
        simulated; the message says how to remove it.
    BusyError
        If somebody else is building or importing.
    SourceError
        If a raw file was changed by hand and is refused by the import.
    """
    home = Path(home)
    settings = _check_settings(scale, seed)
    folder = home / "geodata" / AREA
    _refuse_another(folder, settings)
    if (folder / _MARKER).is_file() and (folder / "study.toml").is_file():
        return load_study(AREA, home)
    with lease(folder, "build demo"):
        remove_leftovers(folder)
        _write_folders(folder, settings, report)
    study = _create_study(home, folder)
    _import_sources(study, report)
    write_text(folder / _MARKER, canonical_json(settings))
    report(Text("The simulated area is ready"), 1.0)
    return study


def _create_study(home: Path, folder: Path) -> Study:
    return create_area(
        home,
        AREA,
        folder / "raw" / BOUNDARY,
        resolution=RESOLUTION,
        period="week",
        timezone=TIMEZONE,
        name_zh=f"{PROVINCE_ZH}（模拟）",
        name_en=f"{PROVINCE_EN} (simulated)",
        simulated=True,
        horizon=1,
    )


def _check_settings(scale: str, seed: int) -> dict[str, object]:
    if scale not in SCALES:
        raise StudyError(
            "There is no scale {scale!r}; the scales are {known}.", scale=scale, known=", ".join(sorted(SCALES))
        )
    if seed < 0:
        raise StudyError("The seed must be 0 or more; it was {seed}.", seed=seed)
    return {"scale": scale, "seed": seed}


def _settings_there(folder: Path) -> dict[str, object] | None:
    """Return the settings of what has been built or begun, None where there is nothing."""
    for path in (folder / _MARKER, folder / "raw" / "manifest.json", folder / "truth" / "manifest.json"):
        if path.is_file():
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
                return {"scale": found["scale"], "seed": found["seed"]}
            except (ValueError, KeyError):
                return {"scale": "?", "seed": "?"}
    return None


def _refuse_another(folder: Path, settings: dict[str, object]) -> None:
    there = _settings_there(folder)
    if there is None and (folder / "study.toml").is_file():
        raise StudyError(
            "There is an area {area} that was not simulated; move {folder} away before building the simulated one.",
            area=AREA,
            folder=str(folder),
        )
    if there is not None and there != settings:
        raise StudyError(
            "The simulated area is there already with scale {scale} and seed {seed}. To build another, remove it "
            "first, its models too: rm -r {folder} {models}",
            scale=there["scale"],
            seed=there["seed"],
            folder=str(folder),
            models=str(folder.parents[1] / "models" / AREA),
        )


def _write_folders(folder: Path, settings: dict[str, object], report: Report) -> None:
    """Simulate and write raw and truth, unless both are there."""
    if (folder / "raw").is_dir() and (folder / "truth").is_dir():
        return
    province = simulate_province(
        SCALES[str(settings["scale"])], int(str(settings["seed"])), _part(report, 0, _SIMULATED)
    )
    report(Text("Writing raw files"), _SIMULATED)

    def fill_truth(target: Path) -> None:
        write_truth(province, target)
        write_manifest(target, settings)

    def fill_raw(target: Path) -> None:
        write_raw(province, target)
        write_manifest(target, settings)

    publish_folder(folder / "truth", fill_truth)
    publish_folder(folder / "raw", fill_raw)


def _import_sources(study: Study, report: Report) -> None:
    raw = study.folder / "raw"
    for number, source in enumerate(SOURCES):
        step = (1 - _WRITTEN) / len(SOURCES)
        start = _WRITTEN + number * step
        report(Text("Importing {layer}", {"layer": source.layer}), start)
        receipt = import_files(
            study,
            source.layer,
            sorted(raw.glob(source.files)),
            load_recipe(source.recipe),
            report=_part(report, start, start + step),
        )
        for entry in receipt.refused:
            raise StudyError(
                "{file} of the simulated area was refused by the import (rule {rule}); remove {folder} and build it "
                "again.",
                file=Path(entry["path"]).name,
                rule=entry["refused"]["rule"],
                folder=str(study.folder),
            )


def _part(report: Report, start: float, end: float) -> Report:
    """Return a report whose shares lie between `start` and `end` of the whole."""

    def scaled(stage: Text, share: float | None = None) -> None:
        report(stage, None if share is None else start + (end - start) * share)

    return scaled
