"""What the laboratories report: samples of rainy and dry days, limits of detection, results that come late."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmap.simulate.scales import CUT_OFF, FIRST_WEEK, WEEKS, stream
from riskmap.simulate.terrain import Floats
from riskmap.simulate.wastewater import ANALYTES

LABORATORIES = ("甲实验室", "乙实验室")
AMPHETAMINE_RATIO = 0.10
"""Amphetamine that users of methamphetamine excrete; between 0.05 and 0.25 of it means consumption."""
AMPHETAMINE_LOD = (0.5, 0.8)
SHORT_NAMES = {
    "methamphetamine": "MA",
    "amphetamine": "AM",
    "ketamine": "KET",
    "morphine": "MOR",
    "etomidate_acid": "ETA",
    "cotinine": "COT",
}
WEEKEND = 1.10
DUMPING = 6.0
"""What a dumped batch multiplies methamphetamine by, amphetamine staying as it was."""
FESTIVALS = pd.to_datetime(["2023-01-22", "2024-02-10", "2025-01-29", "2023-10-01", "2024-10-01", "2025-10-01"])
_WEEKS_BETWEEN = {"plant": 2, "street": 4, "community": 4}
_ERROR_OF_ANALYSIS, _ERROR_OF_FLOW, _METER_FAILS = 0.15, 0.08, 0.015


def _visits(plants: gpd.GeoDataFrame, counties: gpd.GeoDataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return when each place was sampled, in what weather and by how many people its sewer was used."""
    every = plants["level"].map(_WEEKS_BETWEEN).to_numpy()
    start = np.arange(len(plants)) % every
    place, week = np.nonzero((np.arange(WEEKS)[None, :] - start[:, None]) % every[:, None] == 0)
    held = random.random(len(place)) > 0.03
    place, week = place[held], week[held]
    weekday = random.choice(7, len(place), p=[0.12, 0.28, 0.22, 0.14, 0.08, 0.08, 0.08])
    day = week * 7 + weekday
    date = FIRST_WEEK + pd.to_timedelta(day, unit="D")
    prefecture = pd.factorize(counties["parent_code"])[0][plants["county"].to_numpy()[place]]
    wet_season = 0.22 + 0.16 * np.cos(2 * np.pi * (np.arange(WEEKS * 7) - 200) / 365.25)
    rain = random.random((prefecture.max() + 1, WEEKS * 7)) < wet_season
    away = np.abs((date.to_numpy()[:, None] - FESTIVALS.to_numpy()) / np.timedelta64(1, "D")).min(axis=1)
    # At festivals the large cities empty and the villages fill.
    large = plants["population"].to_numpy()[place] > 400_000
    present = np.where(away < 6, np.where(large, 0.78, 1.12), 1.0)
    grab = (plants["level"].to_numpy()[place] != "plant") & (random.random(len(plants)) < 0.3)[place]
    columns = {"place": place, "week": week, "date": date, "weekend": weekday >= 5, "rain": rain[prefecture, day]}
    return pd.DataFrame({**columns, "present": present, "grab": grab})


def _flows(visits: pd.DataFrame, plants: gpd.GeoDataFrame, random: np.random.Generator) -> Floats:
    """Return the inflow, m3 a day: 180 to 320 litres a head, half as much again or more when it rains."""
    per_head = random.uniform(0.18, 0.32, len(plants))[visits["place"]]
    rain = np.where(visits["rain"], random.uniform(1.25, 2.6, len(visits)), 1.0)
    people = plants["population"].to_numpy()[visits["place"]]
    return np.asarray(people * per_head * rain * random.lognormal(0, _ERROR_OF_FLOW, len(visits)))


def _as_reported(concentration: Floats, lod: Floats) -> pd.Series:
    """Return what the report says: a number from the limit of quantification (three times that of detection) on."""
    text = pd.Series(np.char.mod("%.2f", concentration))
    return text.where(concentration >= 3 * lod, "<LOQ").where(concentration >= lod, "<LOD")


def _samples(visits: pd.DataFrame, plants: gpd.GeoDataFrame, flow: Floats, random: np.random.Generator) -> pd.DataFrame:
    """Return what is on the sheet of each sample, whatever is measured in it; `laboratory` is still a number."""
    start = visits["date"] + pd.to_timedelta(8 * 60 + 15 * random.integers(0, 8, len(visits)), unit="min")
    end = start + pd.to_timedelta(np.where(visits["grab"], 10, 24 * 60), unit="min")
    days = random.gamma(3.0, 4.0, len(visits)).round() + 3
    columns = {
        "sample": "S" + pd.Series(np.arange(1, len(visits) + 1)).astype(str).str.zfill(6),
        "plant_id": plants["plant_id"].to_numpy()[visits["place"]],
        "sampled_from": start,
        "sampled_to": end,
        "known_on": end.dt.normalize() + pd.to_timedelta(days, unit="D") + pd.Timedelta(hours=17),
        "grab": visits["grab"],
        "rain": visits["rain"],
        "laboratory": visits["place"].to_numpy() % 5 // 4,
        "flow_m3_d": pd.Series(flow.round(0)).where(random.random(len(visits)) > _METER_FAILS),
    }
    return pd.DataFrame(columns)


def _concentrations(
    loads: dict[str, Floats],
    visits: pd.DataFrame,
    people: Floats,
    flow: Floats,
    dumped: NDArray[np.bool_],
    random: np.random.Generator,
) -> dict[str, Floats]:
    """Return ng/L per analyte and sample; amphetamine follows what was eaten, not what was poured away."""
    spread = _ERROR_OF_ANALYSIS * np.where(visits["grab"], 2.5, 1.0)
    weekend = np.where(visits["weekend"], WEEKEND, 1.0)
    # ng/L = mg a day per 1000 people * people / (m3 a day)
    found = {
        name: load[visits["place"], visits["week"]] * people * weekend / flow * random.lognormal(0, spread)
        for name, load in loads.items()
    }
    excreted = found["methamphetamine"]
    found["amphetamine"] = excreted * AMPHETAMINE_RATIO * random.lognormal(0, 0.2, len(visits))
    found["methamphetamine"] = np.where(dumped, excreted * DUMPING, excreted)
    return found


def report_samples(
    loads: dict[str, Floats], plants: gpd.GeoDataFrame, counties: gpd.GeoDataFrame, dumpings: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row a measurement as the laboratories report it, and the dumped batches among the samples.

    Returns
    -------
    samples
        sample, measurement, plant_id, sampled_from, sampled_to, known_on, grab, analyte, text (a number, `<LOD` or
        `<LOQ`), lod, loq, flow_m3_d (missing where the meter failed), rain, laboratory.
    dumped
        plant_id, sampled_from of the samples into which a batch of methamphetamine was poured.
    """
    random = stream(seed, "laboratory")
    visits = _visits(plants, counties, random)
    flow = _flows(visits, plants, random)
    people = plants["population"].to_numpy()[visits["place"]] * visits["present"].to_numpy()
    at_plants = np.flatnonzero(plants["level"].to_numpy()[visits["place"]] == "plant")
    dumped = np.zeros(len(visits), dtype=bool)
    dumped[random.choice(at_plants, dumpings, replace=False)] = True
    samples = _samples(visits, plants, flow, random)
    frames = []
    for name, concentration in _concentrations(loads, visits, people, flow, dumped, random).items():
        lod = np.array(AMPHETAMINE_LOD if name == "amphetamine" else ANALYTES[name].lod_ng_l)[samples["laboratory"]]
        measured = samples.assign(analyte=name, lod=lod, loq=(3 * lod).round(2), text=_as_reported(concentration, lod))
        frames.append(measured.assign(measurement=samples["sample"] + "-" + SHORT_NAMES[name]))
    rows = pd.concat(frames, ignore_index=True)
    rows["laboratory"] = np.array(LABORATORIES)[rows["laboratory"]]
    rows = rows[rows["known_on"] < CUT_OFF].sort_values(["sample", "measurement"], ignore_index=True)
    return rows, samples.loc[dumped, ["plant_id", "sampled_from"]].reset_index(drop=True)
