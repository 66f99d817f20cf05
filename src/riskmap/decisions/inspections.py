"""Inspection lists: drawn up, kept and read.

A list is numbered and frozen: what was ordered can be looked up in a year. decisions/choosing.py says which sites it
holds.

    plans/<number>/manifest.json   snapshot, model, cut-off, settings, seed
                   sites.parquet   one row a visit
                   plan.xlsx, plan.gpkg
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from riskmap.decisions.choosing import choose_sites, reason, score_sites
from riskmap.decisions.workbook import write_workbook
from riskmap.errors import DecisionError
from riskmap.layers.store import scope_of
from riskmap.snapshot import lease, publish_folder, read_manifest, remove_leftovers, write_manifest
from riskmap.study import Study
from riskmap.surface.publish import Surface, read_surface

RANDOM_SHARE = 0.1
LARGEST_COUNTY_SHARE = 0.3
"""No county gets more than this share of the visits: a list that empties one county leaves the others unseen."""
COLUMNS = [
    "visit",
    "site_id",
    "kind",
    "name_zh",
    "name_en",
    "lon",
    "lat",
    "cell",
    "county_code",
    "score",
    "expected",
    "need",
    "arm",
    "propensity",
    "reason_zh",
    "reason_en",
]


@dataclass(frozen=True)
class Plan:
    """A frozen list; `sites` holds COLUMNS, one row a visit."""

    folder: Path
    manifest: dict[str, Any]
    sites: pd.DataFrame

    @property
    def number(self) -> int:
        """The list's number, counted from 1 in each area."""
        return int(self.folder.name)


def draw_plan(
    study: Study,
    visits: int,
    *,
    random_share: float = RANDOM_SHARE,
    county_share: float = LARGEST_COUNTY_SHARE,
) -> Plan:
    """Draw up and freeze the next list from the surface that is served.

    Parameters
    ----------
    visits
        How many sites can be visited.
    random_share
        Share of the visits drawn at random among all other open sites, rounded up.
    county_share
        The largest share of the ranked visits that one county may get.

    Raises
    ------
    DecisionError
        If a setting is out of range, or there is no open site on the grid.
    SnapshotError, BusyError
        If no surface was published, or somebody else is writing.
    """
    if visits < 1 or not 0 <= random_share <= 1 or not 0 < county_share <= 1:
        raise DecisionError(
            "Visits must be at least 1 and shares between 0 and 1; got {visits} visits, random share {random_share}, "
            "county share {county_share}.",
            visits=visits,
            random_share=random_share,
            county_share=county_share,
        )
    with lease(study.folder, "plan"):
        remove_leftovers(study.folder / "plans")
        surface = read_surface(study)
        number = max((plan.number for plan in read_plans(study)), default=0) + 1
        seed = study.seed + number
        candidates = score_sites(study, surface)
        chosen = choose_sites(candidates, visits, random_share, county_share, seed)
        manifest = _plan_manifest(study, surface, number, seed, len(candidates), visits, random_share, county_share)
        folder = study.folder / "plans" / f"{number:04d}"
        publish_folder(folder, lambda staging: _write_plan(staging, chosen, manifest, study))
    return read_plan(study, number)


def _plan_manifest(
    study: Study,
    surface: Surface,
    number: int,
    seed: int,
    candidates: int,
    visits: int,
    random_share: float,
    county_share: float,
) -> dict[str, Any]:
    kept = ("as_of", "data_cut_off", "period_start", "period_end", "model_id", "simulated")
    return {
        "number": number,
        "area": study.id,
        "snapshot_id": surface.snapshot_id,
        "seed": seed,
        "candidates": candidates,
        "visits": visits,
        "random_share": random_share,
        "county_share": county_share,
        **{key: surface.manifest[key] for key in kept},
    }


def _write_plan(folder: Path, chosen: pd.DataFrame, manifest: dict[str, Any], study: Study) -> None:
    texts = [reason(row) for row in chosen.itertuples()]
    chosen = chosen.assign(reason_zh=[text.zh for text in texts], reason_en=[text.en for text in texts])
    sites = chosen.reindex(columns=COLUMNS)
    sites.to_parquet(folder / "sites.parquet", index=False)
    points = gpd.GeoDataFrame(
        sites.assign(cell=[f"{cell:x}" for cell in sites["cell"]]),
        geometry=gpd.points_from_xy(sites["lon"], sites["lat"]),
        crs="EPSG:4326",
    )
    points.to_file(folder / "plan.gpkg", layer="inspections", driver="GPKG")
    notice = "SIMULATED / 模拟数据" if study.simulated else ""
    write_workbook(folder / "plan.xlsx", points.drop(columns="geometry"), manifest, notice)
    write_manifest(folder, manifest)


def read_plans(study: Study) -> list[Plan]:
    """Return all lists, oldest first."""
    numbers = sorted(int(path.parent.name) for path in (study.folder / "plans").glob("[0-9]*/manifest.json"))
    return [read_plan(study, number) for number in numbers]


def read_plan(study: Study, number: int | None = None) -> Plan:
    """Return one list; without a number the newest. Of a narrowed study it holds the sites in its areas only.

    Raises
    ------
    DecisionError
        If there is none, or none of that number.
    """
    folders = sorted((study.folder / "plans").glob("[0-9]*/manifest.json"))
    if number is not None:
        folders = [path for path in folders if int(path.parent.name) == number]
    if not folders:
        raise DecisionError(
            "Area {area} has no such inspection list; draw one up with `riskmap plan {area} --visits N`.", area=study.id
        )
    folder = folders[-1].parent
    sites = pd.read_parquet(folder / "sites.parquet")
    if study.within:
        sites = sites[scope_of(study).holds_points(sites["lon"].to_numpy(), sites["lat"].to_numpy())]
        sites = sites.reset_index(drop=True)
    return Plan(folder, read_manifest(folder), sites)
