"""Which datum a source's degrees are in, where nobody declared it: by the boundary and by places that are known.

GCJ-02 and BD-09 move a place by 300 to 1300 m. Only points along the border, and points that stand on known sites,
can tell; everything else fits all three. So the answer is a datum only where the evidence is plain, else none.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from riskmap.language import Text
from riskmap.sources.datum import to_wgs84

CANDIDATES = ("WGS84", "GCJ-02", "BD-09")
NEAR_SITE_M = 50.0
"""Geocoders put an address within some 30 m of its site; the smallest offset between two candidates is 200 m."""
BORDER_DEGREES = 0.05
"""About 5 km: points farther outside say nothing, whatever the datum."""
FEWEST_AT_BORDER = 20
"""Places that the winner, and not its rival, puts inside. With a fair coin 20 to 1 has 1 chance in 50,000."""
MOST_AGAINST = 0.05
"""Share of contrary evidence, and of places just outside, that a winner may have: boundaries are generalised. A file
that goes on beyond the border has many there, and so decides nothing."""
FEWEST_SITES = 10
SITES_RATIO = 5.0
"""The winner must meet ten different sites, and five times as many as any rival meets by chance."""
METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True)
class DatumFit:
    """What the evidence came to.

    `datum` is "" where nothing is decided. `n` counts different places; `inside`, `just_outside` and `sites_met` say
    for each candidate how many of them lie inside the boundary, up to 5 km outside, and how many sites they meet.
    """

    datum: str
    n: int
    inside: dict[str, int]
    just_outside: dict[str, int]
    sites_met: dict[str, int]

    @property
    def evidence(self) -> Text:
        """One sentence with the numbers, for the receipt."""
        counts = {
            "n": self.n,
            "inside": _listed(self.inside),
            "sites": _listed(self.sites_met),
        }
        if self.datum:
            return Text(
                "The datum was not declared; {datum} was taken, because of {n} different places {inside} lie inside "
                "the boundary and {sites} known sites have a record within 50 m.",
                {"datum": self.datum, **counts},
            )
        return Text(
            "The datum cannot be told: of {n} different places {inside} lie inside the boundary, and {sites} known "
            "sites have a record within 50 m.",
            counts,
        )


def fit_datum(x: np.ndarray, y: np.ndarray, boundary: BaseGeometry, sites: np.ndarray | None = None) -> DatumFit:
    """Return which of WGS84, GCJ-02 and BD-09 the degrees (x, y) are in, as far as can be told.

    Parameters
    ----------
    x, y
        Longitudes and latitudes as delivered, degrees, shape (n,); NaN where missing. A place that comes many times
        counts once.
    boundary
        The area, WGS84, without margin.
    sites
        Longitudes and latitudes of known places, WGS84, shape (m, 2).

    Returns
    -------
    The datum that the border or the sites decide; none where neither does, or where they contradict each other.
    """
    places = _different_places(x, y)
    moved = {name: to_wgs84(places[:, 0], places[:, 1], name) for name in CANDIDATES}
    shapely.prepare(boundary)
    inside = {name: shapely.contains_xy(boundary, *at) for name, at in moved.items()}
    reach = boundary.buffer(BORDER_DEGREES)
    shapely.prepare(reach)
    just_outside = {name: shapely.contains_xy(reach, *at) & ~inside[name] for name, at in moved.items()}
    met = {name: _sites_met(at, sites) for name, at in moved.items()}
    decided = {_by_border(inside, just_outside), _by_sites(met)} - {""}
    return DatumFit(
        datum=decided.pop() if len(decided) == 1 else "",
        n=len(places),
        inside={name: int(where.sum()) for name, where in inside.items()},
        just_outside={name: int(where.sum()) for name, where in just_outside.items()},
        sites_met=met,
    )


def _different_places(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    places = np.column_stack([np.asarray(x, dtype="float64"), np.asarray(y, dtype="float64")])
    return np.unique(places[np.isfinite(places).all(axis=1)], axis=0)


def _by_border(inside: dict[str, np.ndarray], just_outside: dict[str, np.ndarray]) -> str:
    """Return the candidate that puts inside what each rival puts outside, and hardly ever the other way round."""
    for name in CANDIDATES:
        rivals = [other for other in CANDIDATES if other != name]
        gained = [int((inside[name] & ~inside[other]).sum()) for other in rivals]
        lost = [int((inside[other] & ~inside[name]).sum()) for other in rivals]
        against = [max(loss, int(just_outside[name].sum())) for loss in lost]
        if all(
            gain >= FEWEST_AT_BORDER and worst <= MOST_AGAINST * gain
            for gain, worst in zip(gained, against, strict=True)
        ):
            return name
    return ""


def _sites_met(at: tuple[np.ndarray, np.ndarray], sites: np.ndarray | None) -> int:
    """Return how many different sites have a place within 50 m."""
    if sites is None or not len(sites) or not len(at[0]):
        return 0
    shrink = np.cos(np.radians(np.mean(sites[:, 1])))
    scale = METRES_PER_DEGREE * np.array([shrink, 1.0])
    distances, _ = cKDTree(np.column_stack(at) * scale).query(
        np.unique(sites, axis=0) * scale, distance_upper_bound=NEAR_SITE_M
    )
    return int(np.isfinite(distances).sum())


def _by_sites(met: dict[str, int]) -> str:
    ordered = sorted(CANDIDATES, key=lambda name: met[name], reverse=True)
    first, second = met[ordered[0]], met[ordered[1]]
    return ordered[0] if first >= FEWEST_SITES and first >= SITES_RATIO * second else ""


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
