"""Records of what was drawn: cases, seizures and other incidents with time, place, origin and late registration."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from h3ronpy import ContainmentMode
from h3ronpy.vector import geometry_to_cells
from numpy.typing import NDArray

from riskmap.simulate.intensity import REPORTED
from riskmap.simulate.people import Land
from riskmap.simulate.process import Draws
from riskmap.simulate.roads import Roads
from riskmap.simulate.scales import CUT_OFF, FIRST_WEEK, RESOLUTION, Scale, stream
from riskmap.simulate.sites import Places, points_in_cells
from riskmap.simulate.terrain import Floats, Integers

CATEGORY_SHARES = {
    "possession": 0.34,
    "trafficking": 0.27,
    "use_venue": 0.16,
    "transport": 0.13,
    "precursor": 0.04,
    "manufacture": 0.02,
    "other": 0.04,
}
DISCOVERED = {"patrol": 0.45, "inspection": 0.25, "intelligence": 0.30}
INCIDENT_KINDS = {"theft": 0.55, "disturbance": 0.33, "assault": 0.12}
SUBSTANCES = {
    "methamphetamine": (0.44, 3.0),
    "heroin": (0.13, 2.5),
    "ketamine": (0.09, 8.0),
    "etomidate": (0.12, 0.0),
    "cannabis": (0.07, 25.0),
    "mdma": (0.05, 6.0),
    "ephedrine": (0.04, 400.0),
    "other": (0.06, 5.0),
}
"""Substance -> share of seizures, median grams (0: counted in pieces)."""
PLACE_TYPES = ("road", "parcel", "dwelling", "venue", "hotel", "warehouse")
_HOURS = np.array([3, 2, 2, 1, 1, 1, 1, 2, 3, 4, 5, 5, 4, 4, 5, 5, 5, 5, 5, 6, 7, 8, 7, 5], dtype=float)


def choose(random: np.random.Generator, weights: Floats) -> Integers:
    """Return one column a row, drawn by that row's weights, shape (n,)."""
    edges = np.cumsum(weights, axis=1)
    return np.asarray((random.random(len(weights))[:, None] * edges[:, [-1]] > edges).sum(axis=1), dtype=np.int64)


def draw_times(random: np.random.Generator, week: Integers) -> pd.Series:
    """Return a minute within each week: evenings and weekends are busier."""
    day = random.choice(7, len(week), p=np.array([1, 1, 1, 1.05, 1.2, 1.3, 1.1]) / 7.65)
    hour = random.choice(24, len(week), p=_HOURS / _HOURS.sum())
    minutes = (week * 7 + day) * 1440 + hour * 60 + random.integers(0, 60, len(week))
    return pd.Series(FIRST_WEEK + pd.to_timedelta(minutes, unit="min"))


def register(random: np.random.Generator, occurred: pd.Series) -> pd.Series:
    """Return when each event was registered: most within days, some after weeks, a few after months."""
    slow = random.random(len(occurred))
    days = np.select(
        [slow < 0.84, slow < 0.96],
        [random.gamma(1.6, 1.1, len(occurred)), random.uniform(7, 35, len(occurred))],
        random.uniform(35, 260, len(occurred)),
    )
    minutes = (days * 1440).astype(np.int64) + 20
    return occurred + pd.to_timedelta(minutes, unit="min")


class Gazetteer:
    """Points drawn in cells that stay in the province, with the county whose outline holds each."""

    def __init__(self, land: Land, counties: gpd.GeoDataFrame) -> None:
        self._land = land
        self._tree = shapely.STRtree(counties.geometry.to_numpy())
        whole = [
            geometry_to_cells(outline, RESOLUTION, containment_mode=ContainmentMode.ContainsBoundary).to_numpy()
            for outline in counties.geometry
        ]
        self._whole: NDArray[np.bool_] = np.isin(land.cells, np.concatenate(whole))

    def draw_points(self, random: np.random.Generator, at: Integers) -> tuple[Floats, Floats, Integers]:
        """Return longitude, latitude and county of a point in each of the cells `at`."""
        lon, lat = points_in_cells(random, self._land.cells[at])
        return self.locate(lon.round(6), lat.round(6), at)

    def locate(self, lon: Floats, lat: Floats, at: Integers) -> tuple[Floats, Floats, Integers]:
        """Return the points with their counties; one beyond the outline is put in the middle of its cell."""
        table = self._land.table
        county = table["county"].to_numpy()[at].copy()
        rim = np.flatnonzero(~self._whole[at])
        found = np.full(len(rim), -1)
        point, polygon = self._tree.query(shapely.points(lon[rim], lat[rim]), predicate="within")
        found[point] = polygon
        beyond = rim[found < 0]
        lon, lat = lon.copy(), lat.copy()
        lon[beyond], lat[beyond] = table["lon"].to_numpy()[at[beyond]], table["lat"].to_numpy()[at[beyond]]
        county[rim[found >= 0]] = found[found >= 0]
        return lon, lat, county


def write_cases(draws: Draws, land: Land, roads: Roads, places: Places, where: Gazetteer, seed: int) -> pd.DataFrame:
    """Return every drawn case, in order of time.

    Returns
    -------
    at, lon, lat, county, occurred, known_on, category, origin, case_id; cases not registered before the cut-off
    are among them.
    """
    random = stream(seed, "cases")
    events = draws.events
    at = events["at"].to_numpy()
    lon, lat, county = where.draw_points(random, at)
    posts = places.checkpoints.set_index("at")[["lon", "lat"]]
    found = events["checkpoint"].to_numpy()
    fixed = posts.loc[at[found]].to_numpy()
    lon[found], lat[found], county[found] = where.locate(fixed[:, 0].round(6), fixed[:, 1].round(6), at[found])
    discovered = random.random(len(at)) > REPORTED / (REPORTED + (1 - REPORTED) * events["effort"].to_numpy())
    how = random.choice(list(DISCOVERED), len(at), p=list(DISCOVERED.values()))
    origin = np.select([found, discovered], ["checkpoint", how], "reported")
    occurred = draw_times(random, events["week"].to_numpy())
    rows = pd.DataFrame(
        {
            "at": at,
            "lon": lon,
            "lat": lat,
            "county": county,
            "occurred": occurred,
            "known_on": register(random, occurred),
            "category": _categories(random, at, found, land, roads, places),
            "origin": origin,
        }
    ).sort_values(["occurred", "at"], kind="stable", ignore_index=True)
    rows["case_id"] = "AJ" + rows["occurred"].dt.strftime("%Y") + (rows.index + 1).astype(str).str.zfill(7)
    return rows


def _categories(
    random: np.random.Generator, at: Integers, found: NDArray[np.bool_], land: Land, roads: Roads, places: Places
) -> NDArray[np.object_]:
    """Return categories that fit the place: transport on roads, venues in towns, manufacture where few people live."""
    people = land.table["residents"].to_numpy()[at].astype(float)
    near = np.exp(-roads.distance_km(land.points[at], "motorway", "national") / 1.0)
    works = np.bincount(places.sites["at"], places.sites["kind"].str.startswith("precursor"), len(land.table))[at]
    weights = np.tile(np.array(list(CATEGORY_SHARES.values())), (len(at), 1))
    column = {name: number for number, name in enumerate(CATEGORY_SHARES)}
    weights[:, column["transport"]] *= 0.5 + 2.5 * near + 40.0 * found
    weights[:, column["use_venue"]] *= np.clip(people / 3000, 0.2, 2.0)
    weights[:, column["manufacture"]] *= np.where(people < 150, 5.0, 0.5)
    weights[:, column["precursor"]] *= 0.5 + np.minimum(works, 6)
    return np.array(list(CATEGORY_SHARES), dtype=object)[choose(random, weights)]


def write_incidents(draws: Draws, where: Gazetteer, seed: int) -> pd.DataFrame:
    """Return other recorded events: lon, lat, county, occurred, known_on, kind, incident_id."""
    random = stream(seed, "incidents")
    lon, lat, county = where.draw_points(random, draws.incidents["at"].to_numpy())
    occurred = draw_times(random, draws.incidents["week"].to_numpy())
    known_on = occurred + pd.to_timedelta(random.gamma(1.0, 1440, len(occurred)).astype(np.int64) + 10, unit="min")
    kind = random.choice(list(INCIDENT_KINDS), len(lon), p=list(INCIDENT_KINDS.values()))
    columns = {"lon": lon, "lat": lat, "county": county, "occurred": occurred, "known_on": known_on, "kind": kind}
    rows = pd.DataFrame(columns).sort_values(["occurred", "lon"], ignore_index=True)
    return rows.assign(incident_id="JQ" + (rows.index + 1).astype(str).str.zfill(7))


def write_seizures(scale: Scale, cases: pd.DataFrame, places: Places, where: Gazetteer, seed: int) -> pd.DataFrame:
    """Return seizures: some belong to a case (same event, told twice), others are parcels found at hubs.

    Returns
    -------
    seizure_id, case_id (blank for parcels), lon, lat, county, occurred, known_on, substance, amount_g, amount_units,
    place_type.
    """
    random = stream(seed, "seizures")
    chance = cases["category"].map({"trafficking": 0.24, "transport": 0.30, "manufacture": 0.5}).fillna(0.04)
    linked = cases[random.random(len(cases)) < chance]
    hubs = places.sites[~places.sites["kind"].str.startswith("precursor")]
    size = np.sqrt(hubs["size_m2"].to_numpy())
    chosen = hubs.iloc[random.choice(len(hubs), scale.unlinked_seizures, p=size / size.sum())]
    lon, lat, county = where.locate(chosen["lon"].to_numpy(), chosen["lat"].to_numpy(), chosen["at"].to_numpy())
    weeks = random.integers(0, (CUT_OFF - FIRST_WEEK).days // 7, len(chosen))
    occurred = draw_times(random, weeks)
    parcels = pd.DataFrame({"lon": lon, "lat": lat, "county": county, "occurred": occurred})
    parcels = parcels.assign(known_on=register(random, occurred), case_id="", place_type="parcel")
    kept = ["lon", "lat", "county", "occurred", "known_on", "case_id"]
    of_cases = linked[kept].assign(
        place_type=np.where(linked["category"] == "transport", "road", random.choice(PLACE_TYPES, len(linked)))
    )
    rows = pd.concat([of_cases, parcels], ignore_index=True)
    rows["substance"] = random.choice(list(SUBSTANCES), len(rows), p=[share for share, _ in SUBSTANCES.values()])
    median = rows["substance"].map({name: grams for name, (_, grams) in SUBSTANCES.items()}).to_numpy()
    grams = (median * random.lognormal(0, 1.6, len(rows))).round(2).clip(0.01)
    pieces = np.ceil(random.lognormal(2.2, 1.0, len(rows)))
    rows["amount_g"] = pd.Series(grams).where(median > 0)
    rows["amount_units"] = pd.Series(pieces).where(median == 0)
    rows = rows.sort_values(["occurred", "lon"], ignore_index=True)
    return rows.assign(seizure_id="CH" + (rows.index + 1).astype(str).str.zfill(6))
