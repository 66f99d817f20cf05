"""Codes and names of areas on rows: which area is meant, was it there then, and does the place agree."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from riskmap.layers.findings import Findings
from riskmap.layers.receipt import note
from riskmap.sources.numbers import normalise
from riskmap.sources.persons import mask_text

BORDER_M = 1000.0
"""How far outside its area a place may lie: boundaries are generalised, and places are moved to the next street."""
METRES_PER_DEGREE = 111_320.0
SEPARATOR = "/"
NAME = "name"
NO_CODE = {
    "不详",
    "未知",
    "不明",
    "无",
    "暂无",
    "空",
    "其他",
    "unknown",
    "n/a",
    "na",
    "none",
    "null",
    "nil",
    "-",
    "--",
    "—",
    "/",
    "?",
}
"""What stands for a code that nobody knows."""


@dataclass(frozen=True)
class Register:
    """The areas as rows are matched with them.

    `table` has `code`, `since` and `until` (NaT where open); its rows are those of `shapes`. `names` maps a name, or
    "parent/name", to the codes that bear it.
    """

    table: pd.DataFrame
    shapes: np.ndarray
    names: dict[str, set[str]]


def area_register(areas: gpd.GeoDataFrame) -> Register:
    """Return the register of a layer of areas; several rows of one code hold at different times."""
    nothing = pd.Series(pd.NaT, index=areas.index, dtype="datetime64[us]")
    table = pd.DataFrame(
        {
            "code": areas["area_code"].astype("str"),
            "since": areas.get("valid_from", nothing),
            "until": areas.get("valid_to", nothing),
        }
    ).reset_index(drop=True)
    names: dict[str, set[str]] = {}
    titles = areas.reindex(columns=["area_code", "parent_code", "name_zh", "name_en"]).astype("object")
    own = {row.area_code: _titles(row) for row in titles.itertuples()}
    for row in titles.itertuples():
        parents = own.get(row.parent_code, set())
        for title in _titles(row):
            for name in (title, *(parent + SEPARATOR + title for parent in parents)):
                names.setdefault(name, set()).add(str(row.area_code))
    return Register(table, np.asarray(areas.geometry.array), names)


def _titles(row: object) -> set[str]:
    """Return an area's names as they are compared."""
    given = (getattr(row, "name_zh", None), getattr(row, "name_en", None))
    return {_plain(name) for name in given if isinstance(name, str) and name.strip()}


def _plain(name: str) -> str:
    return SEPARATOR.join(part.strip() for part in name.casefold().split(SEPARATOR))


def settle_area_codes(
    codes: pd.Series,
    moments: pd.Series,
    shapes: np.ndarray,
    register: Register,
    findings: Findings,
) -> pd.Series:
    """Return the codes of the areas that rows name, by code or by name, and write down what does not fit.

    Parameters
    ----------
    codes
        One text a row, blank or missing where the row names no area.
    moments
        When each row happened: an area must have been there then.
    shapes
        Each row's place, WGS84, None where it has none.

    Where no row of an import names an area of the register, its codes may be those of other areas: rows with a place,
    and codes of another form than those of the register, are then left as they are, which is said once.
    """
    given = normalise(codes.fillna(""))
    known_codes = set(register.table["code"])
    meant = {
        text: {text} if text in known_codes else register.names.get(_plain(text), set())
        for text in given.unique()
        if text
    }
    if not any(meant.values()):
        return _other_areas(codes, given, shapes, register, findings)
    count = given.map({text: len(found) for text, found in meant.items()}).fillna(1).to_numpy()
    resolved = {text: min(found) for text, found in meant.items() if len(found) == 1 and text not in found}
    by_name = given.map(resolved).astype("str")
    placed = ~shapely.is_missing(shapes)
    findings.add("area_ambiguous", count > 1, "area_code", codes)
    findings.add("area_unknown", (count == 0) & ~placed, "area_code", codes)
    findings.add("area_unchecked", (count == 0) & placed, "area_code", codes)
    named = by_name.notna().to_numpy(bool)
    findings.add("area_name_resolved", named & ~findings.out, "area_code", codes, by_name.fillna(""))
    settled = by_name.where(named, given).astype("str")
    known = (count == 1) & (settled != "").to_numpy(bool)
    rows = _rows_then(settled, moments, register, known)
    findings.add("area_not_then", known & (rows < 0), "area_code", codes)
    far = _far_outside(shapes, rows, register)
    where = pd.Series(shapely.to_wkt(shapes, rounding_precision=5), dtype=object).fillna("")
    findings.add("place_code_disagree", far, "area_code", codes.fillna("") + " / " + where.to_numpy())
    return settled.mask(settled == "").where(codes.notna(), codes)


def _other_areas(
    codes: pd.Series, given: pd.Series, shapes: np.ndarray, register: Register, findings: Findings
) -> pd.Series:
    """Return codes of which the register knows none; what counts by them alone and should be in it is put aside."""
    named = (given != "").to_numpy(bool)
    if not named.any():
        return codes
    forms = set(code_forms(register.table["code"])) | ({NAME} if register.names else set())
    lost = named & shapely.is_missing(shapes) & code_forms(given).isin(forms).to_numpy(bool)
    findings.add("area_unknown", lost, "area_code", codes)
    left = named & ~lost
    if left.any():
        said = (
            "None of the {n} area codes (such as {first}) is in layer areas; they were kept and checked with nothing."
        )
        findings.say(note(said, n=given[left].nunique(), first=mask_text(str(given[left].iloc[0]))))
    return codes


def code_forms(codes: pd.Series) -> pd.Series:
    """Return the form of each code: digits as 0, letters as a; "name" for a text without digits."""
    forms = codes.str.replace(r"[0-9]", "0", regex=True).str.replace(r"[A-Za-z]", "a", regex=True)
    return forms.mask(~codes.str.contains(r"[0-9]", regex=True), NAME)


def without_placeholders(texts: pd.Series) -> pd.Series:
    """Return texts of codes, blank where they say that nobody knows one (不详, N/A, 000000)."""
    at, distinct = pd.factorize(texts)  # a million rows name a few hundred areas
    plain = normalise(pd.Series(distinct, dtype="str")).str.casefold()
    nothing = (plain.isin(NO_CODE) | plain.str.fullmatch("0+")).to_numpy(bool)
    return texts.mask(nothing[at], "")


def _rows_then(codes: pd.Series, moments: pd.Series, register: Register, known: np.ndarray) -> np.ndarray:
    """Return the row of the register that each code meant at each moment, -1 where the area was not there then."""
    rows = np.full(len(codes), -1)
    found = pd.DataFrame({"code": codes[known], "moment": moments[known], "at": np.flatnonzero(known)})
    pairs = found.merge(register.table.assign(row=np.arange(len(register.table))), on="code")
    fits = (pairs["since"].isna() | (pairs["since"] <= pairs["moment"])) & (
        pairs["until"].isna() | (pairs["moment"] < pairs["until"])
    )
    last = pairs[fits].drop_duplicates("at", keep="last")
    rows[last["at"]] = last["row"]
    return rows


def _far_outside(shapes: np.ndarray, rows: np.ndarray, register: Register) -> np.ndarray:
    """Return which places lie farther than BORDER_M outside the area that their row names."""
    checked = np.flatnonzero((rows >= 0) & ~shapely.is_missing(shapes))
    far = np.zeros(len(shapes), dtype=bool)
    areas, places = register.shapes[rows[checked]], shapes[checked]
    outside = ~shapely.intersects(areas, places)
    checked, areas, places = checked[outside], areas[outside], places[outside]
    nearest = shapely.shortest_line(areas, places)
    west, south, east, north = (shapely.bounds(nearest)[:, part] for part in range(4))
    shrink = np.cos(np.radians((south + north) / 2))
    far[checked] = np.hypot((east - west) * shrink, north - south) * METRES_PER_DEGREE > BORDER_M
    return far
