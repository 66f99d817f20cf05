"""The facts of one period, as numbers (briefing/sentences.py says them).

A change is z = 2 (sqrt(now) - sqrt(before)). Between two Poisson counts of one mean it scatters around 0 with a
standard deviation of sqrt(2), so |z| >= 2 sqrt(2) is called notable: about one quiet comparison in twenty reaches it.
Two counts that together stay under the study's `minimum_count` are too few to compare, whatever z says.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmap.figures.words import format_signed
from riskmap.language import Text
from riskmap.study import Study
from riskmap.surface.publish import Surface, list_surfaces, read_surface

NOTABLE_Z = 2 * np.sqrt(2)


@dataclass(frozen=True)
class Change:
    """Two counts of one place and what may be said of them."""

    now: int | None
    before: int | None
    z: float
    finding: Text

    @property
    def notable(self) -> bool:
        """Whether the counts differ by more than chance would let them, and are large enough to say so."""
        return abs(self.z) >= NOTABLE_Z


@dataclass(frozen=True)
class Facts:
    """What one published surface says about its period."""

    study: Study
    surface: Surface
    previous: Surface | None
    total: Change
    areas: pd.DataFrame
    new_cells: pd.DataFrame
    top_cells: int
    gaps: list[pd.Timestamp]

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 80 % interval of the whole area's count, where the surface has one row for the whole area."""
        whole = self.surface.table("areas").query("level == 'province'")
        if len(whole) != 1 or whole[["low", "high"]].isna().to_numpy().any():
            return None
        return float(whole["low"].iloc[0]), float(whole["high"].iloc[0])

    @property
    def period_start(self) -> pd.Timestamp:
        """When the forecast period begins."""
        return pd.Timestamp(self.surface.manifest["period_start"])

    @property
    def period_end(self) -> pd.Timestamp:
        """When it ends."""
        return pd.Timestamp(self.surface.manifest["period_end"])


def compare_counts(now: int | None, before: int | None, minimum_count: int) -> Change:
    """Return what two counts of neighbouring periods allow to be said; None is a period that was not reported."""
    if now is None or before is None:
        return Change(now, before, 0.0, Text("cannot be compared: a period was not reported"))
    if now + before < minimum_count:
        return Change(now, before, 0.0, Text("too few to compare (under {minimum})", {"minimum": minimum_count}))
    z = float(2 * (np.sqrt(now) - np.sqrt(before)))
    if abs(z) < NOTABLE_Z:
        return Change(now, before, z, Text("no notable change (z = {z})", {"z": format_signed(z)}))
    template = Text("notable rise (z = {z})", {"z": format_signed(z)})
    return Change(now, before, z, template if z > 0 else Text("notable fall (z = {z})", {"z": format_signed(z)}))


def last_counts(areas: pd.DataFrame, periods: pd.DataFrame, as_of: pd.Timestamp) -> tuple[int | None, int | None]:
    """Return the whole area's cases of the two last periods that had ended at `as_of`; None where not reported.

    Both are counts of one age (each as known when its period had just ended), because cases are registered late.
    """
    ended = periods[pd.to_datetime(periods["period_end"]) <= as_of].sort_values("period_start").tail(2)
    reported = [False] * (2 - len(ended)) + ended["reported"].astype(bool).tolist()
    whole = areas.loc[areas["level"] == "province", ["before_count", "last_count"]].sum()
    counts = [round(float(whole[column])) for column in ("before_count", "last_count")]
    before, now = (count if known else None for count, known in zip(counts, reported, strict=True))
    return now, before


def mark_changes(areas: pd.DataFrame, minimum_count: int) -> pd.DataFrame:
    """Return areas with `notable`: 1 a rise, -1 a fall, 0 neither or too few to say."""
    enough = areas["last_count"].fillna(0) + areas["before_count"].fillna(0) >= minimum_count
    z = areas["z"].fillna(0.0)
    return areas.assign(notable=np.where(enough & (z.abs() >= NOTABLE_Z), np.sign(z), 0).astype(int))


def top_areas(areas: pd.DataFrame, level: str | None, minimum_count: int) -> pd.DataFrame:
    """Return the areas of `level` by expected count, most first; of the finest level but townships when None."""
    levels = [name for name in ("county", "prefecture", "province", "township") if (areas["level"] == name).any()]
    wanted = level or (levels[0] if levels else "county")
    chosen = areas[areas["level"] == wanted].sort_values(["expected", "area_code"], ascending=[False, True])
    return mark_changes(chosen.reset_index(drop=True), minimum_count)


def cells_in_top(cells: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return the cells whose rank is within the top `share`."""
    return cells[cells["rank"] <= max(round(len(cells) * share), 1)]


def previous_surface(study: Study, surface: Surface) -> Surface | None:
    """Return the surface published for the period before, where there is one."""
    start = pd.Timestamp(surface.manifest["period_start"])
    earlier = [info for info in list_surfaces(study) if info.period_start < start]
    return read_surface(study, earlier[-1].snapshot_id) if earlier else None


def gather_facts(study: Study, surface: Surface, level: str | None = None) -> Facts:
    """Return the facts of the period that `surface` forecasts."""
    previous = previous_surface(study, surface)
    top = cells_in_top(surface.cells, study.operating_share)
    known = cells_in_top(previous.cells, study.operating_share)["cell"] if previous else top["cell"]
    areas = surface.table("areas")
    now, before = last_counts(areas, surface.table("periods"), pd.Timestamp(surface.manifest["as_of"]))
    return Facts(
        study=study,
        surface=surface,
        previous=previous,
        total=compare_counts(now, before, study.minimum_count),
        areas=top_areas(areas, level, study.minimum_count),
        new_cells=top[~top["cell"].isin(known)].sort_values("rank"),
        top_cells=len(top),
        gaps=[pd.Timestamp(start) for start in surface.manifest.get("gaps") or []],
    )
