"""A plant's samples beside what it usually has: wrong units, rain and snow-melt, batches poured away.

Only what was imported before and the file itself are looked at, so the same imports in the same order always say the
same; what was known when is for `wastewater.loads`.
"""

import numpy as np
import pandas as pd

from riskmap.layers.dumping import suspected_dumping
from riskmap.layers.findings import Findings
from riskmap.layers.measurements import CONCENTRATION, LOAD, settle_grabs
from riskmap.layers.substances import settle_analytes

FEWEST = 4
"""Values that a plant must have before one of them can be called unusual."""
UNIT_RATIO = 300.0
"""A wrong unit is a factor of 1000 or more; a third of it leaves room for what really changes. Loads of dumped batches
stay below a hundredfold."""
SURGE_RATIO = 3.0
"""Inflow over the usual from which rain or snow-melt dilutes a sample beyond what its flow corrects."""
FLOW = "flow_m3_d"


def settle_samples(rows: pd.DataFrame, texts: pd.DataFrame, earlier: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Return the samples with their true kind and our names of substances; wrong units are put aside.

    Parameters
    ----------
    rows
        Table `samples`, with those that are out already.
    texts
        The same rows as they came.
    earlier
        The samples imported before.
    """
    known = rows.assign(kind=settle_grabs(rows, texts, findings), analyte=settle_analytes(rows["analyte"], findings))
    check_units(known, earlier, texts, findings)
    return known


def check_units(rows: pd.DataFrame, earlier: pd.DataFrame, texts: pd.DataFrame, findings: Findings) -> None:
    """Put aside results and flows that are a thousandfold, or a thousandth, of what the plant usually has.

    Parameters
    ----------
    rows
        Table `samples`, with those that are out already.
    earlier
        The samples imported before.
    texts
        The same rows as they came.
    """
    for name in (CONCENTRATION, LOAD, FLOW):
        if name not in rows:
            continue
        ratio = rows[name] / usual_values(rows[~findings.out], earlier, name).reindex(rows.index)
        jump = (ratio >= UNIT_RATIO) | ((ratio > 0) & (ratio <= 1 / UNIT_RATIO))
        findings.add("unit_jump", jump, name, texts[name] if name in texts else rows[name].astype("str"))


def usual_values(rows: pd.DataFrame, earlier: pd.DataFrame, name: str) -> pd.Series:
    """Return the median that each row is compared with: of the plant, and of the analyte where it is a result.

    It is that of the samples imported before where these are at least FEWEST, else that of both together: a whole file
    in a wrong unit must not hide behind itself. Zeros count as no value.
    """
    keys = ["plant_id"] if name == FLOW else ["plant_id", "analyte"]
    once = ["plant_id", "sampled_from", "sampled_to"] if name == FLOW else ["sample_id"]
    before = earlier if name in earlier else earlier.reindex(columns=[*earlier.columns, name])
    both = pd.concat([before[[*keys, *once, name]], rows[[*keys, *once, name]]], ignore_index=True)
    index = pd.MultiIndex.from_frame(rows[keys])
    found = _medians(before, keys, once, name).reindex(index).to_numpy(float)
    pooled = _medians(both, keys, once, name).reindex(index).to_numpy(float)
    return pd.Series(np.where(np.isnan(found), pooled, found), index=rows.index)


def _medians(samples: pd.DataFrame, keys: list[str], once: list[str], name: str) -> pd.Series:
    """Return the median of the positive values by `keys`, each of `once` counted once, where there are enough."""
    samples = samples.loc[:, ~samples.columns.duplicated()]
    values = samples[samples[name].astype("float64") > 0].drop_duplicates(once)
    groups = values.set_index(pd.MultiIndex.from_frame(values[keys]))[name].groupby(level=keys)
    return groups.median()[groups.size() >= FEWEST]


def flag_samples(rows: pd.DataFrame, earlier: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Return the samples with `rain_flag` set where the inflow surges, and warn of possible dumping.

    The flag stands for snow-melt too, so it is set whatever the source says of rain. It depends on what was imported
    before, so it is set after rows were told apart by what they say.
    """
    _warn_of_dumping(rows, earlier, findings)
    if FLOW not in rows:
        return rows
    ratio = rows[FLOW] / usual_values(rows[~findings.out], earlier, FLOW).reindex(rows.index)
    surge = ratio >= SURGE_RATIO
    findings.add("flow_surge", surge, FLOW, ratio.map("{:.1f}".format))
    flags = rows["rain_flag"] if "rain_flag" in rows else pd.Series(pd.NA, index=rows.index, dtype="boolean")
    return rows.assign(rain_flag=flags.mask(surge, other=True))


def _warn_of_dumping(rows: pd.DataFrame, earlier: pd.DataFrame, findings: Findings) -> None:
    """Say it in this import's rows, be the other substance's result among them or imported before."""
    others = earlier[~earlier["sample_id"].isin(rows["sample_id"])]
    both = pd.concat([rows[~findings.out], others])
    ratio = suspected_dumping(both.reset_index(drop=True))["ratio"].to_numpy(float)[: int((~findings.out).sum())]
    found = pd.Series(np.nan, index=rows.index)
    found[~findings.out] = ratio
    findings.add("possible_dumping", found.notna(), "analyte", found.map("{:.3f}".format))
