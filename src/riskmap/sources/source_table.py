"""What one file holds, on its way from the reader to the recipe."""

from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from riskmap.snapshot import file_sha256, text_sha256
from riskmap.sources.doubts import no_doubts
from riskmap.sources.text import set_aside


@dataclass(frozen=True)
class SourceTable:
    """One table.

    `frame` holds strings, blank where the file has nothing; `rows` the row's number in the file as a person counts
    it, header included; `geometry` and `crs` what a vector file says; `misfits` the rows (`row`, `original`) whose
    number of fields is not the header's; `undecodable` those (`row`, `original`) whose bytes are not of the file's
    encoding, written as escapes; `doubts` cells that may not say what they seem to (doubts.py). A vector file without
    features gives an empty frame and an empty `geometry`.
    """

    file: str
    sha256: str
    frame: pd.DataFrame
    rows: np.ndarray
    misfits: pd.DataFrame
    sheet: str = ""
    encoding: str = ""
    geometry: gpd.GeoSeries | None = None
    crs: str | None = None
    undecodable: pd.DataFrame = field(default_factory=lambda: set_aside([]))
    doubts: pd.DataFrame = field(default_factory=no_doubts)


def content_sha256(path: Path) -> str:
    """Return the hash of a file; of a Shapefile, of all its parts; "" where there is no file."""
    if not path.is_file():
        return ""
    if path.suffix.lower() != ".shp":
        return file_sha256(path)
    parts = sorted(path.parent.glob(f"{path.stem}.*"), key=lambda part: part.suffix.lower())
    return text_sha256(*(part.suffix.lower() + file_sha256(part) for part in parts))
