"""What laboratories look for: known substances by any of their names; unknown ones as they came."""

from functools import cache
from importlib.resources import files

import pandas as pd

from riskmap.layers.findings import Findings
from riskmap.sources.numbers import normalise


@cache
def known_analytes() -> pd.DataFrame:
    """Return the known substances: analyte (our name), name_zh, name_en.

    The list is data, `analytes.csv` beside this module; it grows as substances come up.
    """
    with files("riskmap.layers").joinpath("analytes.csv").open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype="str")


def settle_analytes(analytes: pd.Series, findings: Findings) -> pd.Series:
    """Return the substances under our names; one that is not in the list stays as it is, with a warning."""
    known = known_analytes()
    ours = pd.concat([pd.Series(known["analyte"].to_numpy(), index=_keys(known[name])) for name in known])
    ours = ours[~ours.index.duplicated()]
    found = pd.Series(_keys(analytes).map(ours.to_dict()).to_numpy(), index=analytes.index, dtype="str")
    named = found.notna() & (found != analytes)
    findings.add("substance_named", named, "analyte", analytes, found)
    findings.add("substance_unmapped", found.isna() & (analytes != ""), "analyte", analytes)
    return found.fillna(analytes)


def _keys(names: pd.Series) -> pd.Index:
    return pd.Index(normalise(names).str.casefold())
