"""Which sites to visit under a budget of visits, and why each.

Most visits go where most would be recorded around a site if each place were looked at as usual: that people were sent
there last is no reason to send them again. That is weighted by how often its kind of place was the place of a seizure.
A share is drawn at random, because only what was not chosen for its score can tell what the scores miss (Ensign et al.
2018).
"""

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from riskmap.errors import DecisionError
from riskmap.grid.assign import points_to_cells
from riskmap.grid.cells import positions_in
from riskmap.grid.neighbours import ring_matrix
from riskmap.language import Text
from riskmap.layers.incidents import read_events
from riskmap.layers.sites import read_sites
from riskmap.panel.feature_words import SITE_NAMES
from riskmap.panel.nearby import register_open
from riskmap.study import Study
from riskmap.surface.publish import Surface

SAME_CELL_DISCOUNT = 0.5
"""Each further site in the same cell counts half of the one before: the first visit learns most of what is there."""
KIND_PRIOR = 20.0
"""Cases around a kind of site that must have been seen for its own seizure rate to be believed half."""


def score_sites(study: Study, surface: Surface) -> pd.DataFrame:
    """Return the open sites on the grid with what is expected around each.

    Returns
    -------
    The site's columns and cell, county_code, expected and need (the cell and the mean of its ring), kind_factor and
    score, highest score first.

    Raises
    ------
    DecisionError
        If there is none.
    """
    moment = pd.Timestamp(surface.manifest["as_of"])
    sites = read_sites(study)
    sites = sites[register_open(sites, moment)].reset_index(drop=True)
    centres = shapely.centroid(np.asarray(sites.geometry))
    lon, lat = shapely.get_x(centres), shapely.get_y(centres)
    cells = surface.cells["cell"].to_numpy(np.uint64)
    at = positions_in(cells, points_to_cells(lon, lat, study.resolution))
    if not (at >= 0).any():
        raise DecisionError(
            "Area {area} has no open site on its grid; import hubs or enterprises into the layer sites.", area=study.id
        )
    ring = ring_matrix(cells, 1)
    around = np.column_stack([surface.cells["expected"].to_numpy(float), surface.need])
    around += ring @ around / np.maximum(np.asarray(ring.sum(axis=1)).ravel(), 1)[:, np.newaxis]
    county = surface.table("cell_areas", ["cell", "county"])["county"].to_numpy(object)
    found = sites.drop(columns="geometry").assign(lon=lon, lat=lat, at=at)[at >= 0]
    place = found["at"].to_numpy()
    expected, need = around[place].T
    found = found.assign(cell=cells[place], county_code=county[place], expected=expected, need=need)
    found["kind_factor"] = found["kind"].map(_kind_factors(study, found, cells, moment))
    found = found.assign(score=found["need"] * found["kind_factor"])
    found = found.sort_values(["score", "site_id"], ascending=[False, True], ignore_index=True)
    discount = SAME_CELL_DISCOUNT ** found.groupby("cell").cumcount()
    found = found.assign(score=found["score"] * discount)
    return found.sort_values(["score", "site_id"], ascending=[False, True], ignore_index=True)


def _kind_factors(
    study: Study, sites: pd.DataFrame, cells: NDArray[np.uint64], moment: pd.Timestamp
) -> dict[str, float]:
    """Return, per kind of site, seizures per case in the cells where such sites stand, over the same for all sites.

    Only what was known at `moment` counts. Shrunk towards 1; 1 for all where nothing was seized.
    """
    seizures = _counts_in(study, "seizures", cells, moment)
    cases = _counts_in(study, "cases", cells, moment)
    everywhere = np.unique(sites["at"].to_numpy())
    overall = (seizures[everywhere].sum() + 1e-9) / (cases[everywhere].sum() + 1e-9)
    factors = {}
    for kind, group in sites.groupby("kind"):
        there = np.unique(group["at"].to_numpy())
        observed, expected = seizures[there].sum(), cases[there].sum() * overall
        factors[str(kind)] = float((observed + KIND_PRIOR) / (expected + KIND_PRIOR)) if seizures.any() else 1.0
    return factors


def _counts_in(study: Study, layer: str, cells: NDArray[np.uint64], moment: pd.Timestamp) -> NDArray[np.float64]:
    events = read_events(study, layer)
    events = events[(events["known_on"] <= moment) & events["on_grid"]]
    found = points_to_cells(events["lon"].to_numpy(float), events["lat"].to_numpy(float), study.resolution)
    at = positions_in(cells, found)
    counts = np.bincount(at[at >= 0], weights=events["count"].to_numpy(float)[at >= 0], minlength=len(cells))
    return np.maximum(counts, 0)


def choose_sites(
    candidates: pd.DataFrame, visits: int, random_share: float, county_share: float, seed: int
) -> pd.DataFrame:
    """Choose the visits: the best scores under the county cap, then the random arm from all that is left.

    Returns
    -------
    `candidates` chosen, with visit, arm and propensity: 1 for ranked visits; for the random arm the probability with
    which each site left was drawn.
    """
    drawn = min(int(np.ceil(visits * random_share)), visits)
    ranked = visits - drawn
    cap = max(1, int(np.floor(ranked * county_share)))
    county = candidates["county_code"].fillna("")
    order_in_county = candidates.groupby(county, sort=False).cumcount()
    many_counties = county.nunique() * cap >= ranked
    within = candidates[order_in_county < cap] if many_counties else candidates
    best = within.head(ranked).assign(arm="ranked", propensity=1.0)
    left = candidates.drop(index=best.index).sort_values("site_id")
    drawn = min(drawn, len(left))
    rng = np.random.default_rng(seed)
    picked = left.iloc[np.sort(rng.choice(len(left), size=drawn, replace=False))] if drawn else left.head(0)
    picked = picked.assign(arm="random", propensity=drawn / max(len(left), 1))
    chosen = pd.concat([best, picked]).sort_values("score", ascending=False, kind="stable").reset_index(drop=True)
    return chosen.assign(visit=np.arange(1, len(chosen) + 1))


def reason(row: Any) -> Text:
    """Return why a site is on the list."""
    values = {"expected": row.expected, "kind": SITE_NAMES.get(row.kind, row.kind), "factor": row.kind_factor}
    if row.arm == "random":
        return Text("drawn at random (1 in {odds:.0f}), to learn what the scores miss", {"odds": 1 / row.propensity})
    values["effort"] = row.need / row.expected if row.expected > 0 else 1.0
    if f"{values['effort']:.2f}" == "1.00":
        return Text("{expected:.2f} cases expected around it; {kind}: ×{factor:.2f} seizures per case", values)
    return Text(
        "{expected:.2f} cases expected around it, ×{effort:.2f} if looked at as usual; "
        "{kind}: ×{factor:.2f} seizures per case",
        values,
    )
