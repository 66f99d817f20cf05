"""Rows that are the same row: repeated, contradicted, cancelled; within one import and across imports."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from riskmap.layers.findings import Findings
from riskmap.layers.row_keys import KEYED, key_column, row_keys
from riskmap.schema import ID_COLUMN, TIME_COLUMNS


@dataclass(frozen=True)
class Repeats:
    """Rows that repeat another row of the import, or one imported earlier; ids of dated rows that contradict those.

    What repeats an earlier import is stored all the same and left away when the layer is read, so that it is there
    still when the earlier import is undone.
    """

    within: np.ndarray
    across: np.ndarray
    withdrawn: list[str]
    identities: pd.DataFrame


MOST_SHOWN = 4
PROVENANCE = ("source_id", "row_id", "import_id", "geometry", "x_original", "y_original")


def fill_ids(parsed: pd.DataFrame, layer: str, stood: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with an id made from the file's content and the row's place in it where the source gives none.

    The same bytes give the same ids, whatever the file is called, so that a file imported twice is known again.

    Parameters
    ----------
    stood
        Where each row stood: sha256, sheet, row, part.
    """
    name = ID_COLUMN.get(layer)
    if name is None:
        return parsed
    given = parsed[name] if name in parsed else pd.Series("", index=parsed.index, dtype="str")
    missing = given == ""
    if not missing.any():
        return parsed.assign(**{name: given})
    place = stood[missing]
    made = place["sha256"].str.slice(0, 12) + ":" + place["row"].astype("str")
    for more in ("sheet", "part"):
        made = made.where(place[more] == "", made + ":" + place[more])
    return parsed.assign(**{name: given.where(~missing, made.reindex(parsed.index)).astype("str")})


def content_hashes(rows: pd.DataFrame) -> np.ndarray:
    """Return a hash of what each row says, wherever it came from."""
    content = rows.drop(columns=[name for name in PROVENANCE if name in rows])
    content = content[sorted(content.columns)].astype(
        {name: "str" for name in content if content[name].dtype == "boolean"}
    )
    hashes = pd.util.hash_pandas_object(content, index=False, categorize=False).to_numpy()
    if "geometry" in rows:
        hashes = hashes * np.uint64(31) + _shape_hashes(np.asarray(rows["geometry"]))
    return hashes


def _shape_hashes(shapes: np.ndarray) -> np.ndarray:
    lon, lat = point_places(shapes)
    hashes = pd.util.hash_array(lon) * np.uint64(31) + pd.util.hash_array(lat)
    others = np.flatnonzero(~shapely.is_missing(shapes) & np.isnan(lon))
    if len(others):
        outlines = pd.Series(shapely.to_wkb(shapes[others], byte_order=1), dtype=object)
        hashes[others] = pd.util.hash_array(outlines.map(bytes.hex).to_numpy(object), categorize=False)
    return hashes


def point_places(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude of points, NaN for what is none."""
    points = shapes.copy()
    points[shapely.get_type_id(shapes) != 0] = None
    return shapely.get_x(points), shapely.get_y(points)


def identities(rows: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return id, count, content hash and place of each row, as later imports will look them up."""
    shapes = np.asarray(rows["geometry"]) if "geometry" in rows else np.full(len(rows), None)
    lon, lat = point_places(shapes)
    return pd.DataFrame(
        {
            "id": identity_keys(rows, layer),
            "count": rows.get("count", 1),
            "content": content_hashes(rows),
            "lon": lon,
            "lat": lat,
            "area_code": rows["area_code"].fillna("") if "area_code" in rows else "",
        },
        index=rows.index,
    )


def identity_keys(rows: pd.DataFrame, layer: str) -> pd.Series:
    """Return what makes a row itself: its id, and where shapes change over the years, since when it holds."""
    ids = row_keys(rows, layer)
    if "valid_from" in rows:
        since = rows["valid_from"].astype("str").where(rows["valid_from"].notna(), "")
        return ids.where(since == "", ids + "@" + since)
    return ids


def settle_cancels(rows: pd.DataFrame, layer: str, before: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Give cancelling rows without a place that of the row they cancel, so that both fall on the same cell."""
    if "count" not in rows or "geometry" not in rows:
        return rows
    shapes = np.asarray(rows["geometry"])
    placeless = (rows["count"] == -1) & shapely.is_missing(shapes)
    if not placeless.any():
        return rows
    ids = rows[ID_COLUMN[layer]]
    wanted = ids[placeless]
    sound = (rows["count"] == 1) & ~findings.out & ids.isin(wanted)
    own = pd.DataFrame({"id": ids[sound], "lon": shapely.get_x(shapes[sound]), "lat": shapely.get_y(shapes[sound])})
    stored = before.loc[before["count"] == 1, ["id", "lon", "lat"]]
    places = pd.concat([own, stored]).dropna().drop_duplicates("id").set_index("id")
    found = placeless & ids.isin(places.index)
    if not found.any():
        return rows
    target = places.loc[ids[found]]
    shapes = shapes.copy()
    shapes[found.to_numpy(bool)] = shapely.points(target["lon"].to_numpy(), target["lat"].to_numpy())
    findings.add("cancel_takes_place", found, "geometry", ids)
    return rows.assign(geometry=shapes)


def warn_of_lone_cancels(rows: pd.DataFrame, layer: str, before: pd.DataFrame, findings: Findings) -> None:
    """Say which cancelling rows cancel nothing that is here, in the import or before."""
    if "count" not in rows:
        return
    cancels = rows["count"] == -1
    if not cancels.any():
        return
    ids = row_keys(rows, layer)
    wanted = ids[cancels].unique()
    here = ids[(rows["count"] == 1) & ~findings.out & ids.isin(wanted)]
    stored = before.loc[(before["count"] == 1) & before["id"].isin(wanted), "id"]
    findings.add("cancels_nothing", cancels & ~ids.isin({*here, *stored}), "count", ids)


def settle_duplicates(
    rows: pd.DataFrame,
    layer: str,
    before: pd.DataFrame,
    stored: Callable[[list[str]], pd.DataFrame],
    findings: Findings,
) -> Repeats:
    """Tell repeated rows from contradicting ones.

    Parameters
    ----------
    rows
        All rows of the import; those that are out already are left alone.
    before
        `store.row_identities` of what was imported earlier.
    stored
        Returns the rows of some ids that were imported earlier; asked only where new rows contradict them.

    Returns
    -------
    What is repeated, and what contradicts earlier imports.
    """
    within = np.zeros(len(rows), dtype=bool)
    across = np.zeros(len(rows), dtype=bool)
    if layer not in KEYED:
        return Repeats(within, across, [], pd.DataFrame())
    everything = identities(rows, layer)
    own = everything[~findings.out & (everything["id"] != "")]
    again = own[own["id"].duplicated(keep=False)]
    groups = again.groupby(["id", "count"], sort=False)["content"]
    clash = (groups.transform("nunique") > 1).reindex(rows.index, fill_value=False)
    keys = row_keys(rows, layer)
    _write_differences(rows[clash], rows.index, keys, findings)
    own = own[~clash.reindex(own.index)]
    first_of_own = again.duplicated(["id", "count"]).reindex(own.index, fill_value=False)
    known, same = _compare(own, before)
    against = pd.Series(known & ~same, index=own.index).reindex(rows.index, fill_value=False)
    if against.any():
        old = stored(sorted(set(keys[against])))
        both = pd.concat([rows[against], old.set_index(old.index + len(rows))])
        _write_differences(both, rows.index, row_keys(both, layer), findings)
    within[own.index] = first_of_own
    across[own.index] = same
    findings.add("duplicate_same", within | across, key_column(rows, layer), keys)
    withdrawn = sorted(set(keys[against])) if layer in TIME_COLUMNS else []
    return Repeats(within, across, withdrawn, everything)


def _compare(own: pd.DataFrame, before: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows were imported earlier, and which of those with the same content."""
    stored = before.drop_duplicates(["id", "count"])
    if stored.empty:
        nothing = np.zeros(len(own), dtype=bool)
        return nothing, nothing
    index = pd.MultiIndex.from_frame(stored[["id", "count"]])
    found = index.get_indexer(pd.MultiIndex.from_frame(own[["id", "count"]]))
    known = found >= 0
    content = stored["content"].to_numpy("uint64")[found]
    return known, known & (content == own["content"].to_numpy("uint64"))


def _write_differences(rows: pd.DataFrame, index: pd.Index, keys: pd.Series, findings: Findings) -> None:
    """Write down for rows that contradict each other the first column in which they do, and what it says in each.

    Parameters
    ----------
    rows
        The contradicting rows; those whose label is not in `index` (imported earlier) are compared, not written down.
    """
    if rows.empty:
        return
    names = [name for name in rows.columns if name not in PROVENANCE]
    texts = rows[names].astype("str")
    if "geometry" in rows:
        texts["geometry"] = shapely.to_wkt(shapely.centroid(np.asarray(rows["geometry"])), rounding_precision=6)
    groups = texts.groupby(keys.reindex(rows.index))
    differs = groups.transform("nunique", dropna=False) > 1
    first = pd.Series(np.where(differs.any(axis=1), differs.idxmax(axis=1), "geometry"), index=rows.index)
    for column in sorted({str(name) for name in first}):
        here = first == column
        said = texts.get(column, pd.Series("", index=rows.index)).fillna("")[here]
        both = said.groupby(keys.reindex(said.index)).transform(lambda values: " | ".join(values.unique()[:MOST_SHOWN]))
        where = pd.Series(index.isin(said.index), index=index)
        findings.add("duplicate_conflict", where, column, keys.reindex(index), both.reindex(index))
