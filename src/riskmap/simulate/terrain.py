"""The lie of the land: an invented outline, a basin, mountains, and smooth random fields over both."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.spatial import cKDTree
from scipy.special import expit
from shapely.geometry import Polygon

from riskmap.simulate.scales import CENTRE_LAT, CENTRE_LON, Scale, stream

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_KM = f"+proj=laea +lat_0={CENTRE_LAT} +lon_0={CENTRE_LON} +units=km +ellps=WGS84"
_TO_KM = Transformer.from_crs("EPSG:4326", _KM, always_xy=True)


def to_km(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Return km east and north of the area's centre (equal-area projection)."""
    east, north = _TO_KM.transform(longitude, latitude)
    return np.asarray(east), np.asarray(north)


def to_degrees(east: Floats, north: Floats) -> tuple[Floats, Floats]:
    """Return longitude and latitude, the inverse of `to_km`."""
    longitude, latitude = _TO_KM.transform(east, north, direction="INVERSE")
    return np.asarray(longitude), np.asarray(latitude)


def geometry_to_degrees(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return geometries drawn in km as EPSG:4326, rounded to 1e-7 degrees (1 cm)."""
    return np.asarray(
        shapely.transform(geometry, lambda at: np.column_stack(to_degrees(at[:, 0], at[:, 1])).round(7)), dtype=object
    )


def nearest(places: Floats, points: Floats) -> tuple[Floats, Integers]:
    """Return how far the nearest of `places` is from each point, km, and which it is; both of shape (n,)."""
    away, at = cKDTree(places).query(points)
    return np.asarray(away, dtype=np.float64), np.asarray(at, dtype=np.int64)


@dataclass(frozen=True)
class Waves:
    """A smooth random field of mean 0 and variance 1: many plane waves of random direction and phase.

    Its covariance is Gaussian with the given length. Source: random Fourier features (Rahimi and Recht 2007).
    """

    east: Floats
    north: Floats
    phase: Floats

    @classmethod
    def draw(cls, random: np.random.Generator, length_km: float, waves: int = 48) -> "Waves":
        """Draw a field whose values resemble each other within `length_km`."""
        vectors = random.normal(0.0, 1.0 / length_km, (2, waves))
        return cls(vectors[0], vectors[1], random.uniform(0, 2 * np.pi, waves))

    def at(self, east: Floats, north: Floats) -> Floats:
        """Return the field's values at points, shape (n,)."""
        total = np.zeros(len(east))
        for along_east, along_north, phase in zip(self.east, self.north, self.phase, strict=True):
            total += np.cos(along_east * east + along_north * north + phase)
        return total * np.sqrt(2.0 / len(self.phase))


@dataclass(frozen=True)
class Terrain:
    """Outline in km, and what decides where people live."""

    outline: Polygon
    radius_km: float
    basin_centre: tuple[float, float]
    tilt: float
    relief: Waves
    ridges: Waves
    soil: Waves

    def remoteness(self, east: Floats, north: Floats) -> Floats:
        """Return the distance from the basin's centre as a multiple of its half width; 1 is the foot of the hills."""
        x, y = east - self.basin_centre[0], north - self.basin_centre[1]
        along = x * np.cos(self.tilt) + y * np.sin(self.tilt)
        across = -x * np.sin(self.tilt) + y * np.cos(self.tilt)
        return np.hypot(along / (0.66 * self.radius_km), across / (0.42 * self.radius_km))

    def elevation_m(self, east: Floats, north: Floats) -> Floats:
        """Return the height above the sea, m: about 400 in the basin, up to 4500 in the ranges."""
        wall = expit((self.remoteness(east, north) - 1.15 + 0.28 * self.relief.at(east, north)) / 0.13)
        ridges = np.abs(self.ridges.at(east, north))
        return 380 + 60 * self.relief.at(east, north) ** 2 + wall * (1900 + 900 * ridges)

    def habitability(self, east: Floats, north: Floats) -> Floats:
        """Return how many people the land draws, about 1 in the basin and under 0.02 in the ranges."""
        return np.exp(-(self.elevation_m(east, north) - 380) / 620 + 0.35 * self.soil.at(east, north))


def draw_outline(scale: Scale, random: np.random.Generator) -> Polygon:
    """Return a closed curve of exactly the scale's area, km: a few large lobes and ever finer bends."""
    angle = np.linspace(0, 2 * np.pi, 1440, endpoint=False)
    order = np.arange(2, 160)
    size = 0.13 * (order / 2.0) ** -1.3 * random.normal(0, 1, len(order))
    phase = random.uniform(0, 2 * np.pi, len(order))
    bends = (size[:, None] * np.cos(order[:, None] * angle + phase[:, None])).sum(axis=0)
    radius = np.exp(bends)
    shape = Polygon(np.column_stack([radius * np.cos(angle) * 1.12, radius * np.sin(angle)])).buffer(0)
    grow = np.sqrt(scale.area_km2 / shape.area)
    centre = shape.centroid
    points = (shapely.get_coordinates(shape.exterior) - [centre.x, centre.y]) * grow
    return Polygon(points)


def draw_terrain(scale: Scale, seed: int) -> Terrain:
    """Draw outline, basin and relief."""
    random = stream(seed, "terrain")
    outline = draw_outline(scale, random)
    radius = float(np.sqrt(scale.area_km2 / np.pi))
    shift = random.uniform(0.10, 0.22) * radius
    direction = random.uniform(0, 2 * np.pi)
    return Terrain(
        outline=outline,
        radius_km=radius,
        basin_centre=(shift * np.cos(direction), shift * np.sin(direction)),
        tilt=random.uniform(0, np.pi),
        relief=Waves.draw(random, 0.16 * radius),
        ridges=Waves.draw(random, 0.05 * radius),
        soil=Waves.draw(random, 0.09 * radius),
    )
