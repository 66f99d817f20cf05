"""Publish a forecast so that readers only ever see a whole one.

surfaces/<as_of>-<hash>/manifest.json      what it was made from; hashes of the files beside it
                        cells.parquet      schema `surface`
                        areas.parquet      the same summed over areas (surface/rollup.py)
                        cell_areas.parquet cell -> codes of the areas it lies in
                        counts.parquet     cases per cell and period, as known at as_of; non-zero rows only
                        periods.parquet    each period: reported or not, and its cases
                        hours.parquet      hours of police work in each cell over the last year, where they are known
                        features.parquet   what the model saw, for reasons on demand
surfaces/current.json                      the commit point: which one is served, and what was published when
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap import schema
from riskmap.errors import SnapshotError
from riskmap.snapshot import canonical_json, publish_hashed_folder, read_manifest, write_manifest, write_text
from riskmap.study import Study
from riskmap.surface.narrow import Part, cells_of_part, part_of
from riskmap.surface.tiles import prepare_tiles


@dataclass(frozen=True)
class SurfaceInfo:
    """What a list of surfaces tells of one."""

    snapshot_id: str
    as_of: pd.Timestamp
    period_start: pd.Timestamp
    period_end: pd.Timestamp


SMALL_TABLES = ("areas", "periods")
ROWS_READ_AT_ONCE = 2**14
"""Rows of a group of a table's file: one cell's features are read by reading its group, not the whole area."""


@dataclass(frozen=True)
class Surface:
    """One published forecast; `cells` has the schema `surface`, one row a cell, sorted by cell.

    `part` is set where it was read for a narrowed study: everything here is then of its areas only.
    """

    folder: Path
    manifest: dict[str, Any]
    cells: pd.DataFrame
    part: Part | None = None

    @property
    def snapshot_id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def need(self) -> NDArray[np.float64]:
        """What each cell would have if it were looked at as usual, shape (n,); `expected` if that was not published."""
        return self.cells["need" if "need" in self.cells else "expected"].to_numpy(float)

    def whole_column(self, name: str) -> "pd.Series[float]":
        """Read one column of the cells of the whole area, for what is the same whichever part of it is seen."""
        return pd.read_parquet(self.folder / "cells.parquet", columns=[name])[name] if self.part else self.cells[name]

    def has(self, name: str) -> bool:
        """Return whether a table that not every snapshot has was published."""
        return (self.folder / f"{name}.parquet").is_file()

    def table(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Read another table of the snapshot: areas, cell_areas, counts, periods, hours or features."""
        path = self.folder / f"{name}.parquet"
        if self.part is None:
            if name in SMALL_TABLES:
                table = _small_table(path, path.stat().st_mtime_ns).copy(deep=False)
                return table if columns is None else table[columns]
            return pd.read_parquet(path, columns=columns)
        counts = pd.read_parquet(self.folder / "counts.parquet") if name == "periods" else None
        table = self.part.table(name, pd.read_parquet(path), counts)
        return table if columns is None else table[columns]


@lru_cache(maxsize=64)
def _small_table(path: Path, changed: int) -> pd.DataFrame:
    """Read a table that every page asks for several times."""
    del changed
    return pd.read_parquet(path)


def surfaces_folder(study: Study) -> Path:
    """Return where the study's surfaces lie."""
    return study.folder / "surfaces"


def publish_surface(
    study: Study, cells: pd.DataFrame, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any]
) -> Surface:
    """Write a surface aside, rename it into place, see that its grid's map tiles are there, and serve it.

    A forecast for an earlier period than the one served joins the list without being served. The same contents
    published again change nothing.

    Parameters
    ----------
    cells
        Schema `surface`.
    tables
        The other tables of the snapshot, by file name without ending.
    manifest
        Must hold as_of, period_start and period_end as ISO dates; the files' hashes are added.
    """
    checked = schema.check_table("surface", cells.sort_values("cell", ignore_index=True))

    def fill(folder: Path) -> None:
        checked.to_parquet(folder / "cells.parquet", index=False)
        for name, table in tables.items():
            table.to_parquet(folder / f"{name}.parquet", index=False, row_group_size=ROWS_READ_AT_ONCE)
        write_manifest(folder, manifest)

    prefix = pd.Timestamp(manifest["as_of"]).strftime("%Y%m%d") + "-"
    folder = publish_hashed_folder(surfaces_folder(study), prefix, fill)
    prepare_tiles(study, checked["cell"].to_numpy())
    _serve(study, folder.name, manifest)
    return read_surface(study, folder.name)


def _serve(study: Study, snapshot_id: str, manifest: Mapping[str, Any]) -> None:
    index = _read_index(study)
    published = [entry for entry in index["published"] if entry["snapshot_id"] != snapshot_id]
    kept = {key: manifest[key] for key in ("as_of", "period_start", "period_end")}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    published.append({"snapshot_id": snapshot_id, "published_at": now, **kept})
    newest = max(published, key=lambda entry: (pd.Timestamp(entry["as_of"]), entry["published_at"]))
    latest_of_newest = [entry for entry in published if entry["as_of"] == newest["as_of"]][-1]
    index = {"snapshot_id": latest_of_newest["snapshot_id"], "published": published}
    write_text(surfaces_folder(study) / "current.json", canonical_json(index))


def _read_index(study: Study) -> dict[str, Any]:
    path = surfaces_folder(study) / "current.json"
    if not path.is_file():
        return {"snapshot_id": None, "published": []}
    index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return index


def list_surfaces(study: Study) -> list[SurfaceInfo]:
    """Return the published surfaces by as_of; of several for one as_of, the one published last."""
    latest = {entry["as_of"]: entry for entry in _read_index(study)["published"]}
    infos = [
        SurfaceInfo(
            entry["snapshot_id"],
            pd.Timestamp(entry["as_of"]),
            pd.Timestamp(entry["period_start"]),
            pd.Timestamp(entry["period_end"]),
        )
        for entry in latest.values()
    ]
    return sorted(infos, key=lambda info: info.as_of)


def current_id(study: Study) -> str | None:
    """Return the id of the surface that is served, or None before the first one."""
    served: str | None = _read_index(study)["snapshot_id"]
    return served


def read_surface(study: Study, snapshot_id: str | None = None) -> Surface:
    """Read one surface; without an id the one that is served. Of a narrowed study only its areas are read.

    Raises
    ------
    SnapshotError
        If nothing was published yet, there is no such surface, or no cell of it lies in the areas of a narrowed study.
    """
    wanted = snapshot_id or current_id(study)
    if wanted is None:
        raise SnapshotError("Area {area} has no surface yet; publish one with `riskmap run {area}`.", area=study.id)
    folder = surfaces_folder(study) / wanted
    if Path(wanted).name != wanted or not folder.is_dir():
        raise SnapshotError("Area {area} has no surface {snapshot_id!r}.", area=study.id, snapshot_id=wanted)
    surface = Surface(folder, read_manifest(folder), pd.read_parquet(folder / "cells.parquet"))
    if not study.within:
        return surface
    part = part_of(study.within, study.id, surface.table("cell_areas"), surface.table("areas"))
    if not len(part.cells):
        raise SnapshotError(
            "No cell of this forecast lies in {areas}; whoever keeps access.toml can say which areas you may see.",
            areas=", ".join(study.within),
        )
    return Surface(folder, part.manifest(surface.manifest), cells_of_part(part, surface.cells), part)


def read_ranks(study: Study, snapshot_id: str) -> pd.DataFrame:
    """Return cell and rank of one surface, sorted by cell."""
    if study.within:
        return read_surface(study, snapshot_id).cells[["cell", "rank"]]
    return pd.read_parquet(surfaces_folder(study) / snapshot_id / "cells.parquet", columns=["cell", "rank"])
